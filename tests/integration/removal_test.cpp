#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

using namespace notes_export;
using test::export_fixture;
using test::users_of;

namespace {

std::string delete_user(std::int64_t key) {
    return "DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(key);
}

} // namespace

TEST_CASE_METHOD(export_fixture, "removal: a deleted row loses its file and its index entry", "[removal][db]") {
    run();
    auto const u = nth_user(9);
    db.exec(delete_user(u.key));
    auto const report = run();
    CHECK(report.mode == cycle_mode::incremental);
    CHECK(users_of(report).removed == 1);
    CHECK_FALSE(has(u.path));
    CHECK_FALSE(test::contains(file("indexes/users.json"), "\"user_id\":" + std::to_string(u.id) + ","));
    CHECK(test::contains(file("metadata.json"), "\"total_users\": 29,"));
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_log") == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "removal: the observer is told", "[removal][db]") {
    run();
    auto const u = nth_user(9);
    db.exec(delete_user(u.key));
    std::vector<std::int64_t> removed;
    exporter e{config(), {.entity = [&](entity_event const& event) {
                   if (event.removed)
                       removed.push_back(event.id);
               }}};
    e.run({});
    CHECK(removed == std::vector{u.id});
}

TEST_CASE_METHOD(export_fixture, "removal: a row deleted and inserted again keeps its file", "[removal][db]") {
    run();
    auto const u = nth_user(9);
    auto const before = test::identity(tree() / u.path);
    db.exec("CREATE TABLE kept AS SELECT * FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(u.key) +
            "; " + delete_user(u.key) + "; INSERT INTO dwh.datamartusers SELECT * FROM kept");
    CHECK(users_of(run()).removed == 0);
    CHECK(test::identity(tree() / u.path) == before);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "removal: a changed id moves the file", "[removal][db]") {
    run();
    auto const u = nth_user(9);
    db.exec("UPDATE dwh.datamartusers SET user_id = 4242424 WHERE dimension_user_id = " + std::to_string(u.key));
    auto const report = run();
    CHECK(users_of(report).exported == 1);
    CHECK(users_of(report).removed == 1);
    CHECK_FALSE(has(u.path));
    CHECK(has("users/b/f/8/4242424.json"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "removal: an orphan is found by a full export", "[removal][db]") {
    run();
    std::filesystem::create_directories(tree() / "users/0/3/9");
    std::ofstream{tree() / "users/0/3/9/12345.json"} << "{}\n";
    auto const found = verify();
    REQUIRE(found.differences == 2); // metadata.json counts one profile less
    CHECK(found.drifts[0].what == drift::kind::orphan);
    CHECK(users_of(run(true)).removed == 1);
    CHECK_FALSE(has("users/0/3/9/12345.json"));
}

TEST_CASE_METHOD(export_fixture, "removal: what is logged of a dataset that nobody exports is not kept",
                 "[removal][db]") {
    auto c = config();
    c.datasets.erase(c.datasets.begin());
    exporter{c}.run({});
    db.exec("UPDATE dwh.dimension_users SET username = username || '!' WHERE user_id >= 1");
    auto const lines = [this] { return db.number("SELECT count(*) FROM dwh.json_export_log"); };
    REQUIRE(lines() > 0);
    CHECK_FALSE(exporter{c}.run({}).published);
    exporter{c}.run({.full = true});
    CHECK(lines() == 0);
    CHECK(run().datasets.at(0).exported == 30); // as a whole, when it is configured
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "shrink guard: a TRUNCATE removes nothing unless it is allowed", "[removal][db]") {
    run();
    auto const before = files();
    db.exec("TRUNCATE dwh.datamartusers");
    auto const report = run();
    CHECK(users_of(report).shrink_refused == 30);
    CHECK(users_of(report).removed == 0);
    REQUIRE(report.warnings.size() == 1);
    CHECK(test::contains(report.warnings[0], "shrink guard: 30 of 30 users"));
    auto const after = files();
    CHECK(before == after);
    CHECK(users_of(run(true)).shrink_refused == 30); // and a full export is no permission

    auto const allowed = exporter{config()}.run({.full = true, .allow_shrink = true});
    CHECK(users_of(allowed).removed == 30);
    CHECK(file("indexes/users.json") == "[]\n");
    CHECK(test::contains(file("metadata.json"), "\"total_users\": 0,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture,
                 "shrink guard: rows that come back after a TRUNCATE are published as if nothing had been",
                 "[removal][db]") {
    run();
    auto const before = contents();
    db.exec("CREATE TABLE kept AS SELECT * FROM dwh.datamartusers; TRUNCATE dwh.datamartusers");
    run();
    db.exec("INSERT INTO dwh.datamartusers SELECT * FROM kept");
    run();
    auto after = contents();
    after["metadata.json"] = before.at("metadata.json");
    CHECK(before == after);
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "shrink guard: holds one dataset and lets the other go on", "[removal][db]") {
    run();
    db.exec("TRUNCATE dwh.datamartusers; UPDATE dwh.datamartcountries SET history_whole_open = 987654");
    auto const report = run();
    CHECK(users_of(report).shrink_refused == 30);
    CHECK(report.datasets.at(1).exported == 6);
    CHECK(test::contains(file("indexes/countries.json"), "987654"));
}

TEST_CASE_METHOD(export_fixture, "shrink guard: a handful may always go", "[removal][db]") {
    run();
    db.exec("DELETE FROM dwh.datamartcountries"); // all six of them
    auto const report = run();
    CHECK(report.datasets.at(1).removed == 6);
    CHECK(file("indexes/countries.json") == "[]\n");
}
