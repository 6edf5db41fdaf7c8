// Indexes that are made from the published one and what changed.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>

using namespace notes_export;
using test::contains;
using test::users_of;

namespace {

std::string const index_path = "indexes/users.json";

struct index_fixture : test::export_fixture {
    exporter one{config()};
    user u = nth_user(3);

    index_fixture() { one.run({}); }

    std::string index() const { return file(index_path); }
    static std::string entry_begin(std::int64_t id) { return "{\"user_id\":" + std::to_string(id) + ","; }
    /// A change elsewhere, so that the index must be made.
    cycle_report next_cycle() {
        change_user(nth_user(8).key, m_next++);
        return one.run({});
    }
    bool merges() {
        auto const report = next_cycle();
        return users_of(report).index_written && users_of(report).index_merged;
    }

private:
    int m_next = 5000;
};

} // namespace

TEST_CASE_METHOD(index_fixture, "index: rows that did not change are not read again", "[index][db]") {
    CHECK(merges());
    CHECK(contains(index(), ":5000,"));
    one.run({.full = true});
    CHECK(verify().clean());
    CHECK(merges());
}

TEST_CASE_METHOD(index_fixture, "index: one that somebody else wrote to is made anew", "[index][db]") {
    auto const path = tree() / index_path;
    auto const times = test::identity(path).mtime;
    SECTION("in place, with its times set back") {
        auto text = index();
        text.replace(text.find("history_whole_open"), 4, "HIST");
        std::ofstream{path, std::ios::in | std::ios::binary} << text;
        timespec const both[]{times, times};
        REQUIRE(::utimensat(AT_FDCWD, path.c_str(), both, 0) == 0);
    }
    SECTION("replaced") {
        std::ofstream{root / "other"} << "[]\n";
        std::filesystem::rename(root / "other", path);
    }
    SECTION("cut") {
        std::filesystem::resize_file(path, 100);
    }
    SECTION("removed") {
        std::filesystem::remove(path);
    }
    SECTION("a FIFO in its place") {
        std::filesystem::remove(path);
        REQUIRE(::mkfifo(path.c_str(), 0644) == 0);
    }
    next_cycle();
    CHECK(verify().clean());
    CHECK(merges());
}

TEST_CASE_METHOD(index_fixture, "index: rights that somebody changed cost one reading of the table", "[index][db]") {
    std::filesystem::permissions(tree() / index_path, std::filesystem::perms::owner_all);
    CHECK_FALSE(merges());
    CHECK(merges());
}

TEST_CASE_METHOD(index_fixture, "index: a changed row whose entry is the same leaves the file alone", "[index][db]") {
    auto const before = test::identity(tree() / index_path);
    db.exec("UPDATE dwh.datamartusers SET notes_resolved_count = 4711 WHERE dimension_user_id = " +
            std::to_string(u.key));
    auto const report = one.run({});
    CHECK(users_of(report).exported == 1);
    CHECK_FALSE(users_of(report).index_written);
    CHECK(users_of(report).index_bytes == std::filesystem::file_size(tree() / index_path));
    CHECK(test::identity(tree() / index_path) == before);
    CHECK(users_of(report).published == 30);
}

TEST_CASE_METHOD(index_fixture, "index: an entry that does not fit is left out, and comes back", "[index][db]") {
    auto c = config(); // a schema for profiles that allows what the one for indexes does not
    c.schema_dir = root / "schemas";
    std::filesystem::copy(config().schema_dir, c.schema_dir);
    std::ofstream{c.schema_dir / "user-profile.schema.json"}
        << R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object"})";
    one.reconfigure(c);
    one.run({.full = true});
    auto const key = std::to_string(u.key);
    db.exec("UPDATE dwh.datamartusers SET username = '' WHERE dimension_user_id = " + key);
    auto const report = one.run({});
    CHECK(users_of(report).left_out == 1);
    CHECK(users_of(report).published == 30);
    CHECK(report.warnings.size() == 1);
    CHECK_FALSE(contains(index(), entry_begin(u.id)));
    CHECK(merges());
    CHECK(users_of(next_cycle()).left_out == 1);
    db.exec("UPDATE dwh.datamartusers SET username = 'back' WHERE dimension_user_id = " + key);
    auto const mended = one.run({});
    CHECK(users_of(mended).left_out == 0);
    CHECK(users_of(mended).published == 30);
    CHECK(contains(index(), entry_begin(u.id)));
}

TEST_CASE_METHOD(index_fixture, "index: other schemas check every entry again", "[index][db]") {
    auto c = config();
    c.validation = validation_mode::off;
    one.reconfigure(c);
    db.exec("UPDATE dwh.datamartusers SET username = '' WHERE dimension_user_id = " + std::to_string(u.key));
    one.run({});
    CHECK(contains(index(), entry_begin(u.id)));
    one.reconfigure(config());
    CHECK(users_of(next_cycle()).left_out == 1);
    CHECK_FALSE(contains(index(), entry_begin(u.id)));
}

TEST_CASE_METHOD(index_fixture, "index: columns that are not whole numbers are sorted by the server", "[index][db]") {
    db.exec("DROP VIEW dwh.datamartusers_export; ALTER TABLE dwh.datamartusers ALTER COLUMN history_whole_open TYPE"
            " numeric");
    CHECK(one.run({}).mode == cycle_mode::full);
    CHECK_FALSE(merges());
}

TEST_CASE_METHOD(index_fixture, "index: without triggers it is made from the table", "[index][db]") {
    db.exec("DROP TRIGGER json_export_changed ON dwh.datamartusers");
    one.run({});
    db.exec("UPDATE dwh.datamartusers SET username = 'unflagged' WHERE dimension_user_id = " +
            std::to_string(nth_user(12).key));
    one.run({});
    CHECK(contains(index(), "unflagged"));
}

TEST_CASE_METHOD(index_fixture, "index: a removal that the shrink guard holds changes nothing, until it is allowed",
                 "[index][db]") {
    auto const before = index();
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id IN (SELECT dimension_user_id FROM dwh.datamartusers"
            " WHERE user_id >= 1 ORDER BY user_id LIMIT 15)");
    CHECK(users_of(one.run({})).shrink_refused == 15);
    CHECK(index() == before);
    change_user(nth_user(2).key, 7777);
    CHECK(users_of(one.run({})).shrink_refused == 15);
    CHECK(index() == before);
    auto const report = one.run({.full = false, .allow_shrink = true});
    CHECK(report.mode == cycle_mode::incremental);
    CHECK(users_of(report).published == 15);
    CHECK(contains(index(), ":7777,"));
    CHECK(verify().clean());
}
