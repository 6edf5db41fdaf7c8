// How changes are found: with the triggers of install.sql, and without.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

using namespace notes_export;
using test::users_of;

namespace {

struct installed : test::export_fixture {};

struct not_installed : test::export_fixture {
    not_installed() {
        std::string const command = "psql -X -q -v ON_ERROR_STOP=1 -d '" + db.conninfo() +
                                    "' -f " EXPORTD_SOURCE_DIR "/sql/uninstall.sql >/dev/null 2>&1";
        REQUIRE(std::system(command.c_str()) == 0);
    }
};

// What the datamart scripts do: the row is computed anew, and `modified` cleared, in one transaction.
std::string recompute(std::int64_t key, int open) {
    auto const k = std::to_string(key);
    return "UPDATE dwh.dimension_users SET modified = TRUE WHERE dimension_user_id = " + k +
           "; BEGIN; UPDATE dwh.datamartusers SET history_whole_open = " + std::to_string(open) +
           " WHERE dimension_user_id = " + k +
           "; UPDATE dwh.dimension_users SET modified = FALSE WHERE dimension_user_id = " + k + "; COMMIT";
}

} // namespace

TEST_CASE_METHOD(installed, "detection: the ETL's real order publishes the change", "[detection][db]") {
    run();
    auto const u = nth_user(4);
    db.exec(recompute(u.key, 31337));
    CHECK(db.pending() == 1);
    CHECK(users_of(run()).exported == 1);
    CHECK(test::contains(file(u.path), "31337"));
}

TEST_CASE_METHOD(not_installed, "detection: without triggers the ETL's real order publishes the change as well",
                 "[detection][db]") {
    exporter e{config()};
    e.run({});
    auto const u = nth_user(4);
    db.exec(recompute(u.key, 31337));
    CHECK(db.pending() == 0); // nothing flags it
    CHECK(users_of(e.run({})).exported == 1);
    CHECK(test::contains(file(u.path), "31337"));
}

TEST_CASE_METHOD(not_installed, "detection: without triggers a restart begins with a full export", "[detection][db]") {
    run();
    db.exec(recompute(nth_user(4).key, 31337));
    CHECK(run().reason == "first cycle without the triggers of install.sql");
    CHECK(verify().clean());
}

TEST_CASE_METHOD(not_installed, "detection: without triggers it becomes quiet", "[detection][db]") {
    exporter e{config()};
    e.run({});
    e.run({});
    auto const report = e.run({});
    CHECK(users_of(report).rows_read == 0);
    CHECK_FALSE(report.published);
}

TEST_CASE_METHOD(not_installed, "detection: without triggers a deleted row loses its file", "[detection][db]") {
    exporter e{config()};
    e.run({});
    auto const u = nth_user(7);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(u.key));
    CHECK(users_of(e.run({})).removed == 1);
    CHECK_FALSE(has(u.path));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(installed, "detection: an open transaction is published after its commit, not before",
                 "[detection][db]") {
    exporter e{config()};
    e.run({});
    auto const u = nth_user(1);
    db.exec("BEGIN");
    change_user(u.key, 31337);
    CHECK(users_of(e.run({})).exported == 0);
    db.exec("COMMIT");
    CHECK(users_of(e.run({})).exported == 1);
}

TEST_CASE_METHOD(installed, "detection: what a function of the view reads is seen after full_interval",
                 "[detection][db]") {
    db.exec("CREATE TABLE dwh.hidden AS SELECT 1 AS x; GRANT SELECT ON dwh.hidden TO PUBLIC;"
            "CREATE FUNCTION dwh.look() RETURNS int LANGUAGE plpgsql AS"
            " 'BEGIN RETURN (SELECT x FROM dwh.hidden); END';"
            "DROP VIEW dwh.datamartusers_export; CREATE VIEW dwh.datamartusers_export AS"
            " SELECT d.*, dwh.look() AS x FROM dwh.datamartusers d");
    run();
    auto const u = nth_user(1);
    db.exec("UPDATE dwh.hidden SET x = 31337");
    CHECK(users_of(run()).exported == 0);
    std::ofstream{tree() / ".exportd/last_full"} << "1000\n";
    CHECK(run().reason == "full_interval");
    CHECK(test::contains(file(u.path), "31337"));
}

TEST_CASE_METHOD(installed, "detection: request_json_export(true) asks for one full export", "[detection][db]") {
    run();
    db.exec("SELECT dwh.request_json_export(true)");
    CHECK(run().reason == "requested in the database");
    CHECK(run().mode == cycle_mode::incremental);
}

TEST_CASE_METHOD(installed, "detection: a renamed contributor type reaches every profile", "[detection][db]") {
    run();
    db.exec("UPDATE dwh.contributor_types SET contributor_type_name_en = 'Renamed Type'");
    run();
    CHECK(test::contains(file(nth_user(0).path), "\"contributor_type_name_en\":\"Renamed Type\""));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(installed, "detection: a renamed user has one file, of the current row", "[detection][db]") {
    run();
    auto const u = nth_user(3);
    auto const k = std::to_string(u.key);
    db.exec("UPDATE dwh.dimension_users SET is_current = FALSE WHERE dimension_user_id = " + k +
            "; INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current)"
            " SELECT 900001, user_id, 'New Name', FALSE, TRUE FROM dwh.dimension_users WHERE dimension_user_id = " +
            k +
            "; INSERT INTO dwh.datamartusers SELECT (json_populate_record(d, '{\"dimension_user_id\": 900001,"
            " \"username\": \"New Name\"}')).* FROM dwh.datamartusers d WHERE dimension_user_id = " +
            k);
    auto const report = run();
    CHECK(users_of(report).duplicates == 1);
    CHECK(test::contains(file(u.path), "\"username\":\"New Name\""));
    CHECK(db.pending() == 0);
    auto const index = file("indexes/users.json");
    auto const entry = "{\"user_id\":" + std::to_string(u.id) + ",";
    CHECK(index.find(entry) != std::string::npos);
    CHECK(index.find(entry, index.find(entry) + 1) == std::string::npos);
    CHECK(verify().clean());

    db.exec("UPDATE dwh.dimension_users SET is_current = (dimension_user_id = " + k +
            ") WHERE user_id = " + std::to_string(u.id));
    run();
    CHECK_FALSE(test::contains(file(u.path), "New Name"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(installed, "detection: ids below 1 and NULL are not published, and do not stay pending",
                 "[detection][db]") {
    db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username) VALUES (900001, NULL, 'a'),"
            " (900002, 0, 'b'), (900003, -1, 'c')");
    run();
    CHECK(db.pending() == 0);
    CHECK_FALSE(has("users/0/0/0/0.json"));
    CHECK(test::contains(file("metadata.json"), "\"total_users\": 30,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(installed, "detection: a restored older tree is brought up to date", "[detection][db]") {
    run();
    std::filesystem::copy(tree(), root / "backup", std::filesystem::copy_options::recursive);
    auto const u = nth_user(3);
    change_user(u.key, 31337);
    run();
    std::filesystem::remove_all(tree());
    std::filesystem::rename(root / "backup", tree());
    CHECK(run().reason == "tree and database are of different generations");
    CHECK(test::contains(file(u.path), "31337"));
    CHECK(test::contains(file("metadata.json"), "\"generation\": 3"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(installed, "detection: a tree of the earlier script is taken over", "[detection][db]") {
    std::filesystem::create_directories(tree());
    std::ofstream{tree() / "metadata.json"}
        << R"({"export_date": "2026-01-01T00:00:00Z", "total_users": 2, "version": "1.3.0"})";
    db.exec("UPDATE dwh.datamartusers SET json_exported = TRUE; UPDATE dwh.datamartcountries SET json_exported = TRUE");
    auto const report = run();
    CHECK(report.reason == "tree was made by another program");
    CHECK(report.exported() == 36);
    CHECK(report.version == "1.3.0");
    CHECK(verify().clean());
}
