// What is noted of another program that exports the same data.
#include "notes_export/other_exporter.hpp"

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include <fstream>

using namespace notes_export;
using test::contains;

namespace {

constexpr std::int64_t noon = 1'777'636'800; // 2026-05-01T12:00:00Z
constexpr std::int64_t hour = 3600;

other_exporter marks(std::size_t rows) {
    return {rows, "etl, psql", false};
}

} // namespace

TEST_CASE("other exporter: what it did is told in one line", "[other_exporter]") {
    CHECK(describe(marks(1)) == "another program set json_exported of 1 row, the last one as etl, psql");
    CHECK(describe(other_exporter{0, "", true}) == "another program wrote metadata.json into the tree");
    CHECK(describe(other_exporter{3, "etl, psql", true}) ==
          "another program set json_exported of 3 rows, the last one as etl, psql, and wrote metadata.json into the "
          "tree");
    CHECK_FALSE(other_exporter{}.seen());
}

TEST_CASE("other exporter: traces of a day are added up, older ones are forgotten", "[other_exporter]") {
    auto const first = noted_exporter{}.with(marks(2), noon);
    CHECK(first.first == noon);
    auto const next = first.with({1, "cron, psql", true}, noon + hour);
    CHECK(next.traces == other_exporter{3, "cron, psql", true});
    CHECK(next.first == noon);
    CHECK(next.last == noon + hour);
    CHECK(next.recent(noon + 24 * hour));
    CHECK_FALSE(next.recent(noon + 25 * hour));
    CHECK_FALSE(next.recent(noon - 24 * hour)); // of a clock that was wrong
    CHECK(next.with(marks(1), noon + 26 * hour).traces == marks(1));
    CHECK(contains(describe(next), "(since 2026-05-01T12:00:00Z, last seen 2026-05-01T13:00:00Z)"));
    CHECK(contains(describe(next), "ETL_RUN_JSON_EXPORT=false"));
}

TEST_CASE("other exporter: the note is read as it was written, and hostile ones are none", "[other_exporter]") {
    auto note = noted_exporter{}.with({2, "e\"t\nl\xff", true}, noon);
    auto const read = noted_exporter::parse(note.text());
    REQUIRE(read);
    CHECK(read->traces.by == "e\"t\nl?");
    note.traces.by = std::string(5000, 'x');
    REQUIRE(noted_exporter::parse(note.text()));
    CHECK(noted_exporter::parse(note.text())->traces.by.size() == 300);
    for (std::string const text :
         {"", "{}", "[]", "1", R"({"first": -1, "last": 1, "rows": 1, "by": "", "metadata": true})",
          R"({"first": 1, "last": 9223372036854775807, "rows": 1, "by": "", "metadata": true})",
          R"({"first": 1, "last": 1, "rows": 1e300, "by": "", "metadata": true})",
          R"({"first": 1, "last": 1, "rows": 1, "by": 7, "metadata": true})",
          R"({"first": 1, "last": 1, "rows": 1, "by": ""})"})
        CHECK_FALSE(noted_exporter::parse(text));
}

TEST_CASE("other exporter: a note counts for a day", "[other_exporter]") {
    test::temporary_directory const root;
    std::filesystem::create_directory(root / ".exportd");
    auto const at = [](std::int64_t t) { return std::chrono::sys_seconds{std::chrono::seconds{t}}; };
    CHECK_FALSE(other_exporter_of(root.path(), at(noon)));
    std::ofstream{root / ".exportd/other_exporter.json"} << noted_exporter{}.with(marks(2), noon).text();
    REQUIRE(other_exporter_of(root.path(), at(noon + hour)));
    CHECK(other_exporter_of(root.path(), at(noon + hour))->traces == marks(2));
    CHECK_FALSE(other_exporter_of(root.path(), at(noon + 24 * hour)));
}
