// What tree, database and journal know of each other, when one of them was changed.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>
#include <fstream>
#include <optional>

using namespace notes_export;
using test::contains;
using test::export_fixture;
using test::users_of;

namespace {

bool says(cycle_report const& report, std::string const& part) {
    return std::ranges::any_of(report.warnings, [&](auto const& text) { return contains(text, part); });
}

} // namespace

TEST_CASE_METHOD(export_fixture, "state: json_export_state is made again when somebody emptied it", "[state][db]") {
    run();
    db.exec("TRUNCATE dwh.json_export_state; SELECT dwh.request_json_export(true)");
    {
        exporter e{config()};
        CHECK(e.run({}).mode == cycle_mode::full);
        CHECK(db.number("SELECT count(*) FROM dwh.json_export_log") == 0);
        CHECK(e.run({}).reason == "nothing pending");
        change_user(nth_user(1).key, 5);
        CHECK(e.run({}).mode == cycle_mode::incremental);
        CHECK(db.number("SELECT generation FROM dwh.json_export_state") == 2);
    }
    CHECK(run().mode == cycle_mode::incremental);
}

TEST_CASE_METHOD(export_fixture, "state: another version of install.sql than the program's is told once",
                 "[state][db]") {
    exporter e{config()};
    CHECK_FALSE(says(e.run({}), "of install.sql"));
    db.exec("UPDATE dwh.json_export_state SET install_version = 2");
    CHECK(says(e.run({}), "version 2 of install.sql ran here, this program comes with "));
    CHECK_FALSE(says(e.run({}), "of install.sql"));
    db.exec("UPDATE dwh.json_export_state SET install_version = 99");
    CHECK(says(e.run({}), "upgrade the package osm-notes-exportd"));
    db.exec("UPDATE dwh.json_export_state SET install_version = 0");
    CHECK(says(e.run({}), "run install.sql"));
}

TEST_CASE_METHOD(export_fixture, "state: whoever asks for it does not wait for ever for a table that is held",
                 "[state][db]") {
    run();
    auto settings = config();
    settings.statement_timeout = std::chrono::milliseconds{300};
    db.exec("BEGIN; LOCK TABLE dwh.datamartcountries IN ACCESS EXCLUSIVE MODE");
    auto const held = read_status(settings);
    CHECK(contains(held.database_problem, "count rows of datamartcountries"));
    CHECK(contains(held.database_problem, "57014"));
    CHECK(held.datasets.size() == 1);
    CHECK(held.generation == 1);
    db.exec("COMMIT");
    CHECK(read_status(settings).database_problem.empty());
}

TEST_CASE_METHOD(export_fixture, "state: whoever holds json_export_state is not waited for", "[state][db]") {
    exporter e{config()};
    e.run({});
    db.exec("BEGIN; SELECT FROM dwh.json_export_state FOR UPDATE");
    {
        test::test_database second{"plain"};
        auto const u = nth_user(1);
        db.exec("UPDATE dwh.datamartusers SET history_whole_open = 31337 WHERE dimension_user_id = " +
                std::to_string(u.key));
        db.exec("SAVEPOINT held");
    }
    auto const held = e.run({.full = true});
    CHECK(held.mode == cycle_mode::full);
    db.exec("COMMIT");
    auto const next = e.run({});
    CHECK(next.mode == cycle_mode::incremental);
    CHECK(users_of(next).exported == 1);
    CHECK(db.number("SELECT generation FROM dwh.json_export_state") == 2);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "state: an unfinished publication of another history of the database is a full cycle",
                 "[state][db]") {
    run();
    auto text = file("metadata.json");
    text.insert(text.rfind("\n}"), ",\n  \"publishing\": 2");
    std::ofstream{tree() / "metadata.json"} << text;
    auto const verified = verify();
    REQUIRE(verified.drifts.size() == 1);
    CHECK(verified.drifts[0].path == "metadata.json");
    auto const u = nth_user(4);
    std::ofstream{tree() / u.path} << "{}\n"; // as a lost transaction had it
    SECTION("another one") {
        std::ofstream{tree() / ".exportd/database"} << "1/2/00000002";
        auto const report = run();
        CHECK(report.reason == "earlier cycle unfinished in another history of the database");
        CHECK(users_of(report).exported == 1);
        CHECK(verify().clean());
    }
    SECTION("the same") {
        CHECK(run().reason == "earlier cycle unfinished");
    }
    CHECK_FALSE(contains(file("metadata.json"), "publishing"));
    CHECK(contains(file("metadata.json"), "\"generation\": 2"));
}

TEST_CASE_METHOD(export_fixture, "state: a batch of another history of the database is known by it", "[state][db]") {
    run();
    std::ofstream{tree() / ".exportd/database"} << "1/2/00000002";
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1 WHERE user_id >= 1");
    auto c = config();
    c.batch_size = 1;
    cycle_observer o{.entity = [](auto const&) { throw std::runtime_error{"killed"}; }};
    CHECK_THROWS_WITH((exporter{c, o}.run({})), "killed"); // behind the first batch
    CHECK(file(".exportd/database") != "1/2/00000002");
}

TEST_CASE_METHOD(export_fixture, "state: removals in portions are held by the shrink guard", "[state][db]") {
    run();
    auto const remove = [&](int n) {
        db.exec("DELETE FROM dwh.datamartusers WHERE user_id IN (SELECT user_id FROM dwh.datamartusers"
                " WHERE user_id >= 1 ORDER BY user_id LIMIT " +
                std::to_string(n) + ")");
        return run();
    };
    CHECK(users_of(remove(5)).removed == 5);
    CHECK(users_of(remove(5)).removed == 5);
    auto const third = remove(5);
    CHECK(users_of(third).removed == 0);
    CHECK(users_of(third).shrink_refused == 15);
    CHECK(says(third, "15 of 30 users are gone from the database within a day"));
    CHECK(exporter{config()}.run({.full = true, .allow_shrink = true}).files_removed == 5);
    CHECK(users_of(remove(2)).removed == 2); // of 15 by now
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "state: a refused row whose flag somebody holds stays refused", "[state][db]") {
    run();
    auto const u = nth_user(5);
    db.exec("ALTER TABLE dwh.datamartusers DISABLE TRIGGER json_export_changed;"
            "UPDATE dwh.datamartusers SET history_whole_closed = -1 WHERE dimension_user_id = " +
            std::to_string(u.key) + "; ALTER TABLE dwh.datamartusers ENABLE ALWAYS TRIGGER json_export_changed");
    std::optional<exporter> e{config()};
    db.exec("BEGIN; SELECT FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(u.key) + " FOR UPDATE");
    CHECK(users_of(e->run({})).quarantined == 1); // full; the flag cannot be cleared
    db.exec("COMMIT");
    CHECK(db.pending() == 0);
    bool const restarted = GENERATE(false, true);
    if (restarted) {
        e.reset();
        e.emplace(config());
    }
    CHECK(users_of(e->run({})).quarantined == 1);
    CHECK(db.pending() == 1);
    CHECK(read_status(config()).quarantined.size() == 1);
    CHECK(users_of(e->run({})).quarantined == 1);
    db.exec("UPDATE dwh.datamartusers SET history_whole_closed = 1 WHERE dimension_user_id = " + std::to_string(u.key));
    CHECK(users_of(e->run({})).quarantined == 0);
    CHECK(verify().clean());
}
