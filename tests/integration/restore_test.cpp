// Backups: of the tree, of the database, and those of somebody else.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <cstdlib>

using namespace notes_export;
using test::contains;
using test::users_of;
namespace fs = std::filesystem;

namespace {

struct restore_fixture : test::export_fixture {
    restore_fixture() = default;

    std::string const kept = db.name() + "_kept";

    ~restore_fixture() { server("DROP DATABASE IF EXISTS " + kept + " WITH (FORCE)"); }

    static void server(std::string const& sql) {
        shell("psql -X -q -v ON_ERROR_STOP=1 -h " + test::test_database::host() + " -U postgres -d postgres -c '" +
              sql + "'");
    }
    static void shell(std::string const& command) { REQUIRE(std::system((command + " >/dev/null 2>&1").c_str()) == 0); }

    void uninstall() {
        shell("psql -X -q -v ON_ERROR_STOP=1 -d '" + db.conninfo() + "' -f " EXPORTD_SOURCE_DIR "/sql/uninstall.sql");
    }
    void backup_database() {
        db.disconnect();
        server("CREATE DATABASE " + kept + " TEMPLATE " + db.name());
        db.reconnect();
    }
    void restore_database() {
        db.disconnect();
        server("DROP DATABASE " + db.name() + " WITH (FORCE)");
        server("CREATE DATABASE " + db.name() + " TEMPLATE " + kept);
        db.reconnect();
    }

    /// Everything of the database is in the tree, and nothing else.
    void equal() {
        CHECK(db.pending() == 0);
        CHECK(verify().clean());
    }
};

} // namespace

TEST_CASE_METHOD(restore_fixture, "restore: an older database wins over a newer tree", "[restore][db]") {
    run();
    auto const old = contents();
    backup_database();
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1;"
            "DELETE FROM dwh.datamartusers WHERE dimension_user_id = " +
            std::to_string(nth_user(7).key));
    run();
    run();
    restore_database();
    CHECK(db.pending() == 0); // every flag says that its row is published
    CHECK(run().reason == "tree and database are of different generations");
    equal();
    auto now = contents();
    now["metadata.json"] = old.at("metadata.json"); // its generation goes on rising
    CHECK(now == old);
    CHECK(contains(file("metadata.json"), "\"generation\": 3"));
}

TEST_CASE_METHOD(restore_fixture, "restore: pg_dump and pg_restore of an older state", "[restore][db]") {
    run();
    shell("pg_dump -Fc -d '" + db.conninfo() + "' -f " + (root / "dump").string());
    change_user(nth_user(7).key, 4711);
    run();
    exporter running{config()};
    running.run({});
    shell("pg_restore --clean --if-exists -d '" + db.conninfo() + "' " + (root / "dump").string());
    CHECK_FALSE(verify().clean());
    running.run({});
    equal();
}

TEST_CASE_METHOD(restore_fixture,
                 "restore: without the triggers a running exporter notices another database of that name",
                 "[restore][db]") {
    uninstall();
    run();
    backup_database();
    exporter running{config()};
    running.run({});
    change_user(nth_user(7).key, 4711);
    running.run({});
    CHECK(contains(file(nth_user(7).path), "4711"));
    restore_database();
    test::thrown_message([&] { running.run({}); }); // its session died with the database
    running.run({});
    CHECK_FALSE(contains(file(nth_user(7).path), "4711"));
    equal();
}

TEST_CASE_METHOD(restore_fixture,
                 "restore: without the triggers an older tree put back under a running exporter is noticed",
                 "[restore][db]") {
    uninstall();
    exporter running{config()};
    running.run({});
    fs::copy(tree(), root / "backup", fs::copy_options::recursive);
    change_user(nth_user(7).key, 4711);
    running.run({});
    fs::rename(tree(), root / "newer");
    fs::rename(root / "backup", tree());
    CHECK(running.run({}).reason == "directory was replaced");
    CHECK(contains(file(nth_user(7).path), "4711"));
    equal();
}

TEST_CASE_METHOD(restore_fixture, "restore: the tree of another database is taken over when that is forced",
                 "[restore][db]") {
    run();
    db.exec("UPDATE dwh.json_export_state SET generation = 0;"
            "UPDATE dwh.datamartusers SET user_id = user_id + 50000000 WHERE user_id >= 1;"
            "UPDATE dwh.datamartusers SET json_exported = TRUE; TRUNCATE dwh.json_export_log");
    auto const first = run();
    CHECK(users_of(first).exported == 30);
    CHECK(users_of(first).shrink_refused == 30); // looks as if everybody had gone
    CHECK(contains(first.warnings.at(0), "osm-notes-exportd allow-shrink"));
    CHECK(exporter{config()}.run({.full = true, .allow_shrink = true}).files_removed == 30);
    equal();
}

TEST_CASE_METHOD(restore_fixture, "restore: rows of one id in every state are published as one, and it stays so",
                 "[restore][db]") {
    auto const u = nth_user(5);
    auto const id = std::to_string(u.id);
    std::string const currents = GENERATE("TRUE, TRUE", "FALSE, FALSE", "NULL, NULL", "NULL, TRUE", "TRUE, FALSE");
    auto const comma = currents.find(", ");
    auto const add = [&](int key, std::string const& current, std::string const& name) {
        db.exec(
            "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current) VALUES (" +
            std::to_string(key) + ", " + id + ", '" + name + "', FALSE, " + current +
            "); INSERT INTO dwh.datamartusers SELECT (json_populate_record(d, '{\"dimension_user_id\": " +
            std::to_string(key) + ", \"username\": \"" + name +
            "\"}')).* FROM dwh.datamartusers d WHERE dimension_user_id = " + std::to_string(u.key));
    };
    db.exec("UPDATE dwh.dimension_users SET is_current = NULL WHERE dimension_user_id = " + std::to_string(u.key));
    add(900002, currents.substr(comma + 2), "second");
    add(900001, currents.substr(0, comma), "first");
    // The current row; among equals the one with the highest key, whatever order they came in.
    std::string const winner = currents == "TRUE, FALSE" ? "first" : "second";
    exporter e{config()};
    e.run({});
    CHECK(contains(file(u.path), "\"username\":\"" + winner + "\""));
    equal();
    auto const before = files();
    for (int cycle = 0; cycle < 3; ++cycle) {
        db.exec("UPDATE dwh.datamartusers SET json_exported = FALSE WHERE user_id = " + id +
                " AND dimension_user_id = " + (cycle % 2 == 0 ? "900001" : "900002"));
        e.run({});
        e.run({.full = cycle == 2});
        CHECK(test::touched(before, files()).empty());
        CHECK(db.pending() == 0);
    }
}

TEST_CASE_METHOD(restore_fixture,
                 "restore: a refused row that is superseded by a good one is neither listed nor pending",
                 "[restore][db]") {
    auto const u = nth_user(5);
    run();
    db.exec("UPDATE dwh.datamartusers SET history_whole_closed = -1 WHERE dimension_user_id = " +
            std::to_string(u.key));
    exporter e{config()};
    CHECK(e.run({}).quarantined.size() == 1);
    db.exec("UPDATE dwh.dimension_users SET is_current = FALSE WHERE dimension_user_id = " + std::to_string(u.key) +
            "; INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current)"
            " SELECT 900001, user_id, 'good', FALSE, TRUE FROM dwh.dimension_users WHERE dimension_user_id = " +
            std::to_string(u.key) +
            "; INSERT INTO dwh.datamartusers SELECT (json_populate_record(d, '{\"dimension_user_id\": 900001,"
            " \"username\": \"good\", \"history_whole_closed\": 3}')).* FROM dwh.datamartusers d"
            " WHERE dimension_user_id = " +
            std::to_string(u.key));
    CHECK(users_of(e.run({})).quarantined == 0);
    auto const index = file("indexes/users.json");
    auto const entry = "{\"user_id\":" + std::to_string(u.id) + ",";
    CHECK(index.find(entry) != std::string::npos);
    CHECK(index.find(entry) == index.rfind(entry));
    equal();
}

TEST_CASE_METHOD(restore_fixture, "restore: an id beyond 2^53 has its own file, digit by digit", "[restore][db]") {
    run();
    uninstall();
    db.exec("DROP VIEW dwh.datamartusers_export; ALTER TABLE dwh.datamartusers ALTER COLUMN user_id TYPE bigint;"
            "UPDATE dwh.datamartusers SET user_id = 9007199254740993 WHERE dimension_user_id = " +
            std::to_string(nth_user(0).key));
    run();
    CHECK(contains(file("users/0/0/1/9007199254740993.json"), "\"user_id\":9007199254740993,"));
    CHECK(contains(file("indexes/users.json"), "\"user_id\":9007199254740993,"));
    equal();
}
