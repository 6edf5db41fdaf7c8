// Indexes that a process makes from the one that another process published.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>
#include <fstream>

using namespace notes_export;
using test::contains;
using test::users_of;

namespace {

std::string const index_path = "indexes/users.json";
std::string const note_path = ".exportd/published_indexes.json";

/// Each run is that of a process of its own, as with `once`.
struct known_index_fixture : test::export_fixture {
    known_index_fixture() { run(); }

    cycle_report once(export_config const& c) { return exporter{c}.run({}); }
    /// A change, so that the index must be made. Is it made of the published one?
    bool merges(export_config const& c) {
        change_user(nth_user(8).key, m_next++);
        auto const report = once(c);
        REQUIRE(users_of(report).index_written);
        bool const same = c.datasets == m_exported;
        m_exported = c.datasets;
        CHECK(report.mode == (same ? cycle_mode::incremental : cycle_mode::full));
        if (!same)
            CHECK(report.reason == "configuration of dataset users changed");
        return users_of(report).index_merged;
    }
    bool merges() { return merges(config()); }
    void write_note(std::string const& text) const { std::ofstream{tree() / note_path, std::ios::binary} << text; }
    std::string key_of(int n) { return std::to_string(nth_user(n).key); }
    void rename(int n, std::string const& name) {
        db.exec("UPDATE dwh.datamartusers SET username = '" + name + "' WHERE dimension_user_id = " + key_of(n));
    }
    /// Schemas of our own: for profiles one that allows everything.
    export_config with_own_schemas() const {
        auto c = config();
        c.schema_dir = root / "schemas";
        std::filesystem::copy(config().schema_dir, c.schema_dir);
        write_profile_schema(R"("type":"object")");
        return c;
    }
    void write_profile_schema(std::string const& rules) const {
        std::ofstream{root / "schemas/user-profile.schema.json"}
            << R"({"$schema":"http://json-schema.org/draft-07/schema#",)" << rules << '}';
    }

private:
    int m_next = 5000;
    std::vector<dataset> m_exported = config().datasets; ///< of the last export
};

} // namespace

TEST_CASE_METHOD(known_index_fixture, "known indexes: a process goes on where another one ended", "[index][db]") {
    CHECK(merges());
    CHECK(contains(file(index_path), ":5000,"));
    CHECK(merges());
    CHECK(verify().clean());
    run(true);
    CHECK(merges());
    CHECK(verify().clean());
}

TEST_CASE_METHOD(known_index_fixture, "known indexes: additions and removals are counted from what was noted",
                 "[index][db]") {
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + key_of(5));
    auto const report = once(config());
    CHECK(users_of(report).index_merged);
    CHECK(users_of(report).published == 29);
    CHECK(contains(file("metadata.json"), "\"total_users\": 29,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(known_index_fixture, "known indexes: a note that may not be true is not believed", "[index][db]") {
    auto const older = file(note_path);
    SECTION("absent") {
        std::filesystem::remove(tree() / note_path);
    }
    SECTION("damaged") {
        write_note(older.substr(0, older.size() / 2));
    }
    SECTION("of an earlier generation") {
        REQUIRE(merges());
        write_note(older);
    }
    SECTION("of another generation, though the index is the one it tells of") {
        auto other = older;
        auto const at = other.find("\"generation\":1,");
        REQUIRE(at != std::string::npos);
        write_note(other.replace(at, 15, "\"generation\":9,"));
    }
    SECTION("the index was touched") {
        std::ofstream{tree() / index_path, std::ios::app} << ' ';
    }
    CHECK_FALSE(merges());
    CHECK(verify().clean());
    CHECK(merges());
}

TEST_CASE_METHOD(known_index_fixture, "known indexes: other columns, order or schema begin anew", "[index][db]") {
    auto c = config();
    auto& users = c.datasets.front();
    SECTION("order") {
        users.index_order = {"history_whole_closed"};
    }
    SECTION("rising") {
        users.index_ascending = users.index_order;
    }
    SECTION("columns") {
        std::swap(users.index_columns.back(), *std::prev(users.index_columns.end(), 2));
    }
    SECTION("schema") {
        c = with_own_schemas();
        std::ofstream{c.schema_dir / "user-index.schema.json"}
            << R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"array","items":{"type":"object"}})";
    }
    SECTION("without schemas") {
        c.validation = validation_mode::off;
    }
    CHECK_FALSE(merges(c));
    CHECK(notes_export::verify(c).clean());
    CHECK(merges(c));
    CHECK_FALSE(merges());
    CHECK(verify().clean());
}

TEST_CASE_METHOD(known_index_fixture, "known indexes: what an index that was refused left out is owed", "[index][db]") {
    auto limited = config();
    limited.index_max_size = std::filesystem::file_size(tree() / index_path) + 100;
    auto const before = file(index_path);
    rename(4, std::string(500, 'x'));
    auto const report = once(limited);
    REQUIRE(users_of(report).index_refused);
    REQUIRE(db.pending() == 0);
    CHECK(file(index_path) == before);
    CHECK(merges());
    CHECK(contains(file(index_path), std::string(500, 'x')));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(known_index_fixture, "known indexes: an entry is owed also when nothing was published",
                 "[index][db]") {
    auto limited = config();
    limited.index_max_size = std::filesystem::file_size(tree() / index_path) + 100;
    auto const generation = run().generation;
    // Of a profile that is there with the new content, as after a crash, only the index is another one.
    rename(4, std::string(500, 'x'));
    REQUIRE(once(limited).generation == generation + 1);
    rename(4, std::string(500, 'y'));
    auto const u = nth_user(4);
    auto profile = file(u.path);
    for (auto at = profile.find("xxxxx"); at != std::string::npos; at = profile.find("xxxxx", at))
        profile.replace(at, 5, "yyyyy");
    std::ofstream{tree() / u.path, std::ios::binary} << profile;
    auto const report = once(limited);
    REQUIRE_FALSE(report.published);
    REQUIRE(users_of(report).index_refused);
    REQUIRE(db.pending() == 0);
    CHECK(merges());
    CHECK(contains(file(index_path), std::string(500, 'y')));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(known_index_fixture, "known indexes: an entry without a place comes when its row is mended",
                 "[index][db]") {
    auto const c = with_own_schemas();
    rename(3, "");
    REQUIRE(users_of(once(c)).left_out == 1);
    CHECK(merges(c));
    rename(3, "back");
    auto const mended = once(c);
    CHECK(users_of(mended).index_merged);
    CHECK(users_of(mended).left_out == 0);
    CHECK(users_of(mended).published == 30);
    CHECK(contains(file(index_path), "\"back\""));
}

TEST_CASE_METHOD(known_index_fixture, "known indexes: a refused row keeps its entry until it is mended",
                 "[index][db]") {
    auto const before = file(index_path);
    db.exec("UPDATE dwh.datamartusers SET username = '', history_whole_open = 4711 WHERE dimension_user_id = " +
            key_of(3));
    REQUIRE(users_of(once(config())).quarantined == 1);
    CHECK(file(index_path) == before);
    CHECK(merges());
    CHECK_FALSE(contains(file(index_path), ":4711,"));
    rename(3, "mended");
    once(config());
    CHECK(contains(file(index_path), ":4711,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(known_index_fixture, "known indexes: without triggers nothing is noted", "[index][db]") {
    db.exec("DROP TRIGGER json_export_changed ON dwh.datamartusers");
    run();
    CHECK_FALSE(contains(file(note_path), "\"users\""));
    CHECK(contains(file(note_path), "\"countries\""));
}
