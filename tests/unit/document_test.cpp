#include "support/catch.hpp"

#include "cycle/quarantine.hpp"
#include "document/format_version.hpp"
#include "document/metadata.hpp"

#include <notes_export/dataset.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>

using namespace notes_export;

TEST_CASE("entity_path: the three digits are those of id mod 4096", "[path]") {
    entity_path const users{"users/{h1}/{h2}/{h3}/{id}.json"};
    CHECK(users.of(12345) == "users/0/3/9/12345.json");
    CHECK(users.of(1) == "users/0/0/1/1.json");
    CHECK(users.of(4095) == "users/f/f/f/4095.json");
    CHECK(users.of(421938) == "users/0/3/2/421938.json");
    CHECK(entity_path{"countries/{id}.json"}.of(49898) == "countries/49898.json");
}

TEST_CASE("entity_path: ids of one branch have one number, and no others have it", "[path]") {
    entity_path const layout{GENERATE("users/{h1}/{h2}/{h3}/{id}.json", "countries/{id}.json", "a/b/{id}.json",
                                      "a/{h3}/{id}.json", "a/{h1}/{h2}/{h3}/b/{id}.json", "a/{h1}/b/{h3}/{id}.json",
                                      "a/{h1}/{h2}/{h3}/b/c/{id}.json")};
    std::map<std::int64_t, std::set<std::string>> branches;
    std::map<std::string, std::set<std::int64_t>> numbers;
    for (std::int64_t id = 1; id <= 5000; ++id) {
        branches[layout.branch_number(id)].insert(layout.branch_of(id));
        numbers[layout.branch_of(id)].insert(layout.branch_number(id));
    }
    CAPTURE(layout.of(1));
    CHECK(std::ranges::all_of(branches, [](auto const& b) { return b.second.size() == 1; }));
    CHECK(std::ranges::all_of(numbers, [](auto const& n) { return n.second.size() == 1; }));
}

TEST_CASE("entity_path: only the exact place of an id is owned", "[path]") {
    entity_path const users{"users/{h1}/{h2}/{h3}/{id}.json"};
    CHECK(users.id_at("users/0/3/9/12345.json") == 12345);
    for (auto const* foreign : {"users/0/3/8/12345.json", "users/0/3/9/012345.json", "users/0/3/9/-12345.json",
                                "users/0/3/9/12345.json.bak", "users/0/3/9/12345.geojson", "users/0/3/9/README.json",
                                "users/0/0/0/0.json", "countries/12345.json", "12345", ""})
        CHECK_FALSE(users.id_at(foreign));
}

TEST_CASE("entity_path: every id finds its way back", "[path]") {
    for (auto const& d : standard_datasets()) {
        entity_path const layout{d.path};
        for (std::int64_t const id : {1LL, 16LL, 4096LL, 65535LL, 2147483647LL, 9223372036854775807LL})
            CHECK(layout.id_at(layout.of(id)) == id);
    }
}

TEST_CASE("format_version: takes three numbers and nothing else", "[version]") {
    CHECK(format_version::parse(" 1.20.3\n") == format_version{1, 20, 3});
    for (auto const* bad :
         {"", "1", "1.2", "1.2.3.4", "1.2.x", "v1.2.3", "1.2.-3", "1..3", "1.2.3-rc1", "99999999999.0.0"})
        CHECK_FALSE(format_version::parse(bad));
}

TEST_CASE("format_version: rises by what happened to the columns", "[version]") {
    format_version const v{1, 2, 3};
    CHECK(raised(v, "a.x:integer", "a.x:integer\na.y:json").text() == "1.3.0");
    CHECK(raised(v, "a.x:integer\na.y:json", "a.x:integer").text() == "2.0.0");
    CHECK(raised(v, "a.x:integer", "a.x:bigint").text() == "2.0.0");
    CHECK(raised(v, "a.x:integer\na.y:json", "a.y:json\na.x:integer").text() == "1.2.4");
    CHECK(raised(v, std::nullopt, "a.x:integer").text() == "2.0.0");
}

namespace {

metadata example() {
    metadata m;
    m.export_timestamp = 1'777'777'777;
    m.totals = {{"users", 10'000}, {"countries", 282}};
    m.version = "1.4.0";
    m.data_schema_hash = std::string(64, 'a');
    m.generation = 7;
    return m;
}

} // namespace

TEST_CASE("metadata: keys, order and layout are fixed", "[metadata]") {
    CHECK(example().text() == "{\n"
                              "  \"export_date\": \"2026-05-03T03:09:37Z\",\n"
                              "  \"export_timestamp\": 1777777777,\n"
                              "  \"total_users\": 10000,\n"
                              "  \"total_countries\": 282,\n"
                              "  \"version\": \"1.4.0\",\n"
                              "  \"schema_version\": \"1.0.0\",\n"
                              "  \"api_compat_min\": \"1.0.0\",\n"
                              "  \"data_schema_hash\": \"" +
                                  std::string(64, 'a') +
                                  "\",\n"
                                  "  \"generation\": 7\n"
                                  "}\n");
}

TEST_CASE("metadata: reads what it wrote", "[metadata]") {
    auto const m = metadata::parse(example().text());
    REQUIRE(m);
    CHECK(m->text() == example().text());
    CHECK(m->total("countries") == 282);
}

TEST_CASE("metadata: a file of another program has generation 0, a broken one is none", "[metadata]") {
    auto const other = metadata::parse(R"({"export_date": "2026-01-01T00:00:00Z", "total_users": 5})");
    REQUIRE(other);
    CHECK(other->generation == 0);
    for (auto const* broken : {"", "[]", "{", "{}", R"({"export_date": 5})"})
        CHECK_FALSE(metadata::parse(broken));
}

TEST_CASE("quarantine: holds one version of a row", "[quarantine]") {
    quarantine q;
    q.add({"users", 5, 50, 700, "n", "/x", "minimum", ""});
    CHECK(q.holds("users", {50, 5}, 700));
    CHECK_FALSE(q.holds("users", {50, 5}, 701));
    CHECK_FALSE(q.holds("users", {50, 6}, 700)); // the same key in another row
    CHECK_FALSE(q.holds("countries", {50, 5}, 700));
    CHECK(q.names("users") == std::set<row_name>{{50, 5}});
    q.release("users", {50, 5});
    CHECK(q.count("users") == 0);
}

TEST_CASE("quarantine: its file keeps hostile names apart from its structure", "[quarantine]") {
    quarantine q;
    q.add({"users", 5, 50, 700, "\"}],\n\x1b[31m \xff", "/x", "minimum", "d"});
    auto const rows = quarantine::parse(q.text());
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].id == 5);
    CHECK(rows[0].name == "\"}],\n\x1b[31m ?");
}
