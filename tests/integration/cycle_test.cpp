#include "support/catch.hpp"

#include "notes_export/error.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <set>

using namespace notes_export;
using test::export_fixture;
using test::identity;
using test::touched;
using test::users_of;

TEST_CASE_METHOD(export_fixture, "cycle: publishes everything the first time and marks it", "[cycle][db]") {
    auto const report = run();
    CHECK(report.mode == cycle_mode::full);
    CHECK(report.exported() == 36);
    CHECK(report.generation == 1);
    CHECK(report.version == "1.0.0");
    CHECK(report.files_written == 36 + 2 + 2 + 1);
    CHECK(files().size() == 36 + 2 + 2 + 1 + 1); // and the version file
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "cycle: a full export of an unchanged database touches nothing", "[cycle][db]") {
    run();
    auto const before = files();
    auto const report = run(true);
    CHECK(report.mode == cycle_mode::full);
    CHECK(report.unchanged() == 36);
    CHECK(report.files_written == 0);
    CHECK(touched(before, files()).empty());
}

TEST_CASE_METHOD(export_fixture, "cycle: a full export in small batches of an unchanged database touches nothing",
                 "[cycle][db]") {
    run();
    auto const before = files();
    auto c = config();
    c.batch_size = 5;
    exporter{c}.run({.full = true});
    CHECK(touched(before, files()).empty());
}

TEST_CASE_METHOD(export_fixture, "cycle: one changed row touches its profile, the index and metadata.json",
                 "[cycle][db]") {
    run();
    auto const before = files();
    auto const u = nth_user(3);
    change_user(u.key, 777777);
    auto const report = run();
    CHECK(report.mode == cycle_mode::incremental);
    CHECK(users_of(report).exported == 1);
    CHECK(touched(before, files()) == std::set<std::string>{u.path, "indexes/users.json", "metadata.json"});
    CHECK(test::contains(file(u.path), "\"history_whole_open\":777777,"));
    CHECK(report.generation == 2);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "cycle: a flagged row with the same content is marked and nothing is written",
                 "[cycle][db]") {
    run();
    auto const before = files();
    db.exec("UPDATE dwh.datamartusers SET json_exported = FALSE");
    auto const report = run();
    CHECK(users_of(report).unchanged == 30);
    CHECK(users_of(report).marked == 30);
    CHECK(touched(before, files()).empty());
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(export_fixture, "cycle: the global row has no flag and is compared each time", "[cycle][db]") {
    run();
    auto const before = files();
    db.exec("UPDATE dwh.datamartglobal SET currently_open_count = 4711");
    run();
    CHECK(touched(before, files()) ==
          std::set<std::string>{"global_stats.json", "global_stats_summary.json", "metadata.json"});
}

TEST_CASE_METHOD(export_fixture, "cycle: a row that changes between read and mark stays pending and comes next",
                 "[cycle][db]") {
    run();
    auto const u = nth_user(5);
    change_user(u.key, 1111);
    exporter e{config(), {.entering = [&](phase p) {
                   if (p == phase::mark && file(u.path).find(":1111,") != std::string::npos)
                       change_user(u.key, 2222);
               }}};
    auto const first = e.run({});
    CHECK(users_of(first).exported == 1);
    CHECK(users_of(first).mark_conflicts == 1);
    CHECK(db.pending() == 1);
    auto const second = e.run({});
    CHECK(users_of(second).exported == 1);
    CHECK(test::contains(file(u.path), "\"history_whole_open\":2222,"));
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(export_fixture,
                 "cycle: a row that changes while its snapshot is read is published as it was, then as it is",
                 "[cycle][db]") {
    run();
    auto const u = nth_user(5);
    change_user(u.key, 1111);
    bool changed = false;
    exporter e{config(), {.entering = [&](phase p) {
                   if (p == phase::read && !std::exchange(changed, true))
                       change_user(u.key, 2222);
               }}};
    e.run({});
    CHECK(test::contains(file(u.path), "\"history_whole_open\":1111,"));
    CHECK(test::contains(file("indexes/users.json"), "\"history_whole_open\":1111,"));
    e.run({});
    CHECK(test::contains(file(u.path), "\"history_whole_open\":2222,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "cycle: a row that an open transaction holds is not waited for and stays pending",
                 "[cycle][db]") {
    run();
    auto const held = nth_user(5), other = nth_user(6);
    change_user(held.key, 1111);
    change_user(other.key, 1111);
    db.exec("BEGIN; SELECT FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(held.key) +
            " FOR UPDATE");
    auto const report = run();
    CHECK(users_of(report).exported == 2);
    CHECK(users_of(report).marked == 1);
    CHECK(users_of(report).mark_conflicts == 1);
    db.exec("ROLLBACK");
    CHECK(db.pending() == 1);
    CHECK(users_of(run()).marked == 1);
}

TEST_CASE_METHOD(export_fixture, "cycle: stopped before publishing leaves tree and flags as they were", "[cycle][db]") {
    run();
    auto const before = files();
    change_user(nth_user(0).key, 1111);
    for (auto const at : {phase::detect, phase::read, phase::index, phase::sync, phase::publish}) {
        std::stop_source stop;
        exporter e{config(), {.entering = [&](phase p) { p == at ? (void)stop.request_stop() : void(); }}};
        if (at == phase::publish) { // the observer is told after the last check: from here on it is finished
            CHECK_NOTHROW(e.run({}, stop.get_token()));
            continue;
        }
        CHECK_THROWS_AS(e.run({}, stop.get_token()), cancelled);
        CHECK(touched(before, files()).empty());
        CHECK(db.pending() == 1);
        CHECK(std::filesystem::is_empty(tree() / ".exportd/staging"));
    }
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(export_fixture, "cycle: a large cycle publishes in batches and loses no batch when it is stopped",
                 "[cycle][db]") {
    auto c = config();
    c.batch_size = 10;
    {
        std::stop_source stop;
        exporter e{c, {.entity = [&](entity_event const&) { stop.request_stop(); }}};
        CHECK_THROWS_AS(e.run({}, stop.get_token()), cancelled);
    }
    auto const done = std::ranges::count_if(std::filesystem::recursive_directory_iterator{tree() / "users"},
                                            [](auto const& entry) { return entry.is_regular_file(); });
    CHECK(done >= 10); // the first batch, and what else belongs to its last new directory
    CHECK(done < 20);
    CHECK(db.pending() == 36 - done);
    CHECK_FALSE(has("indexes/users.json"));
    CHECK(run().exported() == static_cast<std::size_t>(36 - done));
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "cycle: indexes owed by an unfinished large cycle are made though nothing is pending",
                 "[cycle][db]") {
    run();
    change_user(nth_user(0).key, 999999);
    change_user(nth_user(29).key, 888888);
    auto c = config();
    c.batch_size = 1;
    std::stop_source stop;
    {
        exporter e{c, {.entity = [&](entity_event const&) { stop.request_stop(); }}};
        CHECK_THROWS_AS(e.run({}, stop.get_token()), cancelled);
    }
    CHECK(test::contains(file("metadata.json"), "\"generation\": 1,\n  \"publishing\": 2"));
    db.exec("UPDATE dwh.datamartusers SET json_exported = TRUE"); // as if its last batch had been marked too
    std::filesystem::remove_all(tree() / "users");                // which only a full export may repair
    run();
    CHECK(test::contains(file("indexes/users.json"), "999999"));
    CHECK_FALSE(test::contains(file("metadata.json"), "publishing"));
}

TEST_CASE_METHOD(export_fixture, "cycle: few users on one session, and then many countries on several", "[cycle][db]") {
    db.exec("INSERT INTO dwh.datamartcountries (dimension_country_id, country_id, country_name, history_whole_open,"
            " history_whole_closed) SELECT n, n, 'country ' || n, 1, 1 FROM generate_series(910001, 910300) n");
    exporter{config()}.run({});
    db.exec("UPDATE dwh.datamartcountries SET history_whole_open = 7");
    change_user(nth_user(0).key, 4711);
    CHECK(exporter{config()}.run({}).exported() == 307);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "cycle: metadata.json alone is rewritten when its heartbeat is due", "[cycle][db]") {
    run();
    auto c = config();
    c.metadata_heartbeat = std::chrono::seconds{3600};
    auto text = file("metadata.json");
    auto const at = text.find("\"export_timestamp\": ") + 20;
    auto const stamp = std::stoll(text.substr(at)) - 3601;
    text.replace(at, 10, std::to_string(stamp));
    std::ofstream{tree() / "metadata.json"} << text;
    auto const before = files();
    exporter{c}.run({});
    CHECK(touched(before, files()) == std::set<std::string>{"metadata.json"});
    auto const again = files();
    exporter{c}.run({});
    CHECK(touched(again, files()).empty());
}

TEST_CASE_METHOD(export_fixture, "cycle: a clock that was far ahead once is forgotten with the next cycle",
                 "[cycle][db]") {
    run();
    auto text = file("metadata.json");
    auto const at = text.find("\"export_timestamp\": ") + 20;
    text.replace(at, 10, "4000000000");
    auto const stamp = text.find("\"export_date\": \"") + 16;
    text.replace(stamp, 4, "2096");
    std::ofstream{tree() / "metadata.json"} << text;
    std::ofstream{tree() / ".exportd/last_full"} << "4000000000\n";
    SECTION("though nothing is pending") {}
    SECTION("with changes") {
        change_user(nth_user(0).key, 5);
    }
    CHECK(run().generation == 2);
    CHECK_FALSE(test::contains(file("metadata.json"), "4000000000"));
    CHECK_FALSE(test::contains(file("metadata.json"), "2096"));
    CHECK(std::stoll(file(".exportd/last_full")) < 4'000'000'000);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "cycle: files of others stay", "[cycle][db]") {
    run();
    for (auto const* mine :
         {"notes.csv", "countries.geojson.gz", "README.md", "users/README.md", "countries/list.json", ".git/HEAD"}) {
        std::filesystem::create_directories((tree() / mine).parent_path());
        std::ofstream{tree() / mine} << "mine";
    }
    run(true);
    for (auto const* mine :
         {"notes.csv", "countries.geojson.gz", "README.md", "users/README.md", "countries/list.json", ".git/HEAD"})
        CHECK(file(mine) == "mine");
}

TEST_CASE_METHOD(export_fixture,
                 "cycle: an altered, a missing and a truncated file are found by verify and mended by a full export",
                 "[cycle][db]") {
    run();
    auto const a = nth_user(0), b = nth_user(1), c = nth_user(2);
    std::ofstream{tree() / a.path} << "{}";
    std::filesystem::remove(tree() / b.path);
    std::filesystem::resize_file(tree() / c.path, 100);
    std::filesystem::resize_file(tree() / "indexes/countries.json", 10);
    auto const before = files();
    auto const found = verify();
    CHECK(found.differences == 5);           // metadata.json counts a profile that is gone
    CHECK(touched(before, files()).empty()); // verify changes nothing
    run(true);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "cycle: a database error in the middle leaves the tree as it was", "[cycle][db]") {
    run();
    change_user(nth_user(0).key, 1111);
    auto const before = files();
    db.exec("ALTER TABLE dwh.datamartcountries RENAME COLUMN notes_health_score TO renamed");
    auto const message = test::thrown_message([&] { run(); });
    CHECK(test::contains(message, "[42703]"));
    CHECK(touched(before, files()).empty());
    CHECK(db.pending() == 1);
}

TEST_CASE_METHOD(export_fixture, "cycle: a locked table fails the cycle after lock_timeout, and the next one succeeds",
                 "[cycle][db]") {
    run();
    change_user(nth_user(0).key, 1111);
    auto c = config();
    c.lock_timeout = std::chrono::milliseconds{50};
    exporter e{c};
    db.exec("BEGIN; LOCK TABLE dwh.datamartusers IN ACCESS EXCLUSIVE MODE");
    CHECK(test::contains(test::thrown_message([&] { e.run({}); }), "[55P03]"));
    db.exec("ROLLBACK");
    CHECK(e.run({}).exported() == 1);
}

TEST_CASE_METHOD(export_fixture, "exporter: a second one on the tree or the database is refused by name",
                 "[cycle][db]") {
    exporter first{config()};
    first.run({});
    CHECK_THROWS_AS(exporter{config()}, lock_held);
    auto other = config();
    other.directory = root / "other";
    other.application_name = "second";
    exporter second{other};
    auto const message = test::thrown_message([&] { second.run({}); });
    CHECK(test::contains(message, "test: writer"));
}

TEST_CASE_METHOD(export_fixture, "exporter: a directory that was replaced while it runs gets the whole tree",
                 "[cycle][db]") {
    exporter e{config()};
    e.run({});
    std::filesystem::rename(tree(), root / "moved");
    auto const report = e.run({});
    CHECK(report.exported() == 36);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "exporter: statistics of a run are recorded", "[cycle][db]") {
    exporter e{config()};
    auto const report = e.run({});
    CHECK(e.record(report, "", "1.2.3"));
    CHECK(
        db.value(
            "SELECT concat_ws(' ', mode, result, reason, generation, users_exported, countries_exported, files_written,"
            " version) FROM dwh.json_export_runs") == "full success tree is empty 1 30 6 41 1.2.3");
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_runs WHERE duration_ms > 0 AND phases ? 'sync'"
                    " AND finished_at >= started_at AND finished_at > now() - interval '1 minute'") == 1);
    db.exec("DROP TABLE dwh.json_export_runs CASCADE");
    CHECK_FALSE(e.record(report, "", "1.2.3"));
}

TEST_CASE_METHOD(export_fixture, "exporter: no statistics go to a table of somebody else", "[cycle][db]") {
    exporter e{config()};
    auto const report = e.run({});
    db.exec("DROP ROLE IF EXISTS stranger_to_runs; CREATE ROLE stranger_to_runs;"
            "ALTER TABLE dwh.json_export_runs OWNER TO stranger_to_runs");
    CHECK_FALSE(e.record(report, "", "1.2.3"));
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_runs") == 0);
    db.exec("DROP OWNED BY stranger_to_runs CASCADE; DROP ROLE stranger_to_runs");
}
