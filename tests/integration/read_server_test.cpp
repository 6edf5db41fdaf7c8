// Where a cycle reads when there is a standby: which problem sends it to the primary, and that nothing is lost by it.
#include "support/standby_fixture.hpp"

#include <notes_export/error.hpp>
#include <notes_export/preview.hpp>

#include <cstdlib>
#include <functional>
#include <future>

using namespace notes_export;
using namespace std::chrono_literals;

namespace test {

namespace {

using standby_fixture = with_standby<export_fixture>;

/// Does something once, when a cycle enters that phase.
cycle_observer at(phase when, std::function<void()> what) {
    auto done = std::make_shared<bool>(false);
    return {.entering = [=](phase p) {
        if (p == when && !std::exchange(*done, true))
            what();
    }};
}

std::string open_text(int open) {
    return "\"history_whole_open\":" + std::to_string(open) + ',';
}

/// The shared server's copies have one system identifier; this one has its own.
struct foreign_cluster {
    foreign_cluster() {
        char const* const kept = std::getenv("EXPORTD_TEST_PGHOST");
        std::string const shared = kept == nullptr ? "" : kept;
        ::unsetenv("EXPORTD_TEST_PGHOST");
        server.emplace();
        if (kept != nullptr)
            ::setenv("EXPORTD_TEST_PGHOST", shared.c_str(), 1);
    }
    std::optional<private_cluster> server;
};

} // namespace

TEST_CASE_METHOD(standby_fixture, "replica: cycles read from the standby, mark on the primary, and publish the same",
                 "[replica][fault][db]") {
    int on_primary = -1;
    int on_standby = -1;
    std::optional<exporter> e{std::in_place, reading_config(), at(phase::index, [&] {
                                  on_primary = readers_on(cluster);
                                  on_standby = readers_on(standby);
                              })};
    auto report = e->run({});
    CHECK(report.read.standby);
    CHECK(report.read.changed);
    CHECK(on_primary == 0);
    CHECK(on_standby >= 1);
    CHECK(report.exported() == 36);
    CHECK(report.marked() == report.exported());
    CHECK(db.pending() == 0);

    for (int i = 0; i < 10; ++i) {
        auto const u = nth_user(i);
        change_user(u.key, 4711 + i);
        if (i == 5)
            db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(20).key));
        report = e->run({});
        CHECK(report.read.standby);
        CHECK_FALSE(report.read.changed);
        CHECK(report.exported() == 1);
        CHECK(report.mark_conflicts() == 0);
        CHECK(file(u.path).find(open_text(4711 + i)) != std::string::npos);
    }
    CHECK(e->run({}).reason == "nothing pending");
    CHECK(notes_export::verify(reading_config()).clean());
    e.reset();
    CHECK(differences_to_fresh(cluster.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(standby_fixture, "replica: a cycle waits for a standby that replays later", "[replica][fault][db]") {
    exporter e{reading_config()};
    e.run({});
    standby.set("recovery_min_apply_delay", "400ms");
    auto const u = nth_user(3);
    for (int const open : {4711, 4712, 4713}) {
        change_user(u.key, open);
        auto const report = e.run({});
        CHECK(report.read.standby);
        CHECK(report.exported() == 1);
        CHECK(file(u.path).find(open_text(open)) != std::string::npos);
    }
}

TEST_CASE_METHOD(standby_fixture,
                 "replica: behind for longer than read_wait, the primary is read, and the standby when it caught up",
                 "[replica][fault][db]") {
    auto c = reading_config();
    c.read_wait = 2s;
    std::optional<exporter> e{std::in_place, c};
    e->run({});
    pause_replay();
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    auto report = e->run({});
    CHECK_FALSE(report.read.standby);
    CHECK(report.read.problem == standby_problem::behind);
    CHECK(report.read.changed);
    CHECK(file(u.path).find(open_text(4711)) != std::string::npos);
    change_user(u.key, 4712);
    report = e->run({});
    CHECK_FALSE(report.read.standby);
    CHECK_FALSE(report.read.changed); // told once
    CHECK(file(u.path).find(open_text(4712)) != std::string::npos);
    CHECK(db.pending() == 0);
    resume_replay();
    REQUIRE(wait_until([&] { return e->run({}).read.standby; }));
    change_user(u.key, 4713);
    CHECK(e->run({}).read.standby);
    CHECK(file(u.path).find(open_text(4713)) != std::string::npos);
    e.reset();
    CHECK(differences_to_fresh(cluster.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(standby_fixture, "replica: a request to stop ends the wait for the standby", "[replica][fault][db]") {
    auto c = reading_config();
    c.read_wait = 10min;
    exporter e{c};
    e.run({});
    auto const before = files();
    pause_replay();
    change_user(nth_user(3).key, 4711);
    std::stop_source stop;
    auto running = std::async(std::launch::async, [&] { e.run({}, stop.get_token()); });
    auto const waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%: reader'"
                       " AND query LIKE '%pg_last_wal_replay_lsn() >=%'";
    REQUIRE(wait_until([&] { return asked(standby, waits) == "1"; }));
    stop.request_stop();
    CHECK(running.wait_for(2s) == std::future_status::ready);
    CHECK_THROWS_AS(running.get(), cancelled);
    CHECK(touched(before, files()).empty());
}

TEST_CASE_METHOD(standby_fixture,
                 "replica: a standby that cannot be reached is told of once, and left alone for a while",
                 "[replica][fault][db]") {
    bool const refuses = GENERATE(true, false);
    if (refuses)
        standby.prepend_access_rule("local all all reject");
    else
        standby.stop("fast");
    exporter e{reading_config()};
    auto report = e.run({});
    CHECK(report.exported() == 36);
    CHECK_FALSE(report.read.standby);
    CHECK(report.read.problem == standby_problem::unreachable);
    CHECK(report.read.error.find(refuses ? "28000" : "connect (reader)") != std::string::npos);
    CHECK(report.read.changed);
    CHECK_FALSE(e.run({}).read.changed);
    if (refuses)
        standby.prepend_access_rule("local all all trust");
    else
        standby.start();
    REQUIRE(wait_until([&] { return e.run({}).read.standby; }));
    CHECK(notes_export::verify(reading_config()).clean());
}

TEST_CASE_METHOD(standby_fixture, "replica: a standby that does not answer holds a cycle up for some seconds only",
                 "[replica][fault][db]") {
    auto c = reading_config();
    c.read_wait = 2s;
    exporter e{c};
    e.run({});
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    auto const reader = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE '%: reader'";
    suspended_process const silence{std::stoi(asked(standby, reader))};
    auto const begin = std::chrono::steady_clock::now();
    auto const report = e.run({});
    CHECK(std::chrono::steady_clock::now() - begin < 40s);
    CHECK(report.read.problem == standby_problem::unreachable);
    CHECK(file(u.path).find(open_text(4711)) != std::string::npos);
}

TEST_CASE_METHOD(standby_fixture, "replica: a promoted standby is not read: it has rows that the primary never had",
                 "[replica][fault][db]") {
    std::optional<exporter> e{std::in_place, reading_config()};
    e->run({});
    auto const u = nth_user(3);
    standby.promote();
    on_standby("UPDATE dwh.datamartusers SET history_whole_open = 666");
    change_user(u.key, 4711);
    auto const report = e->run({.full = true});
    CHECK_FALSE(report.read.standby);
    CHECK(report.read.problem == standby_problem::promoted);
    CHECK(file(u.path).find(open_text(4711)) != std::string::npos);
    CHECK(file(nth_user(4).path).find(open_text(666)) == std::string::npos);
    e.reset();
    CHECK(differences_to_fresh(cluster.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(standby_fixture, "replica: a standby of another timeline is not read, however far it is",
                 "[replica][fault][db]") {
    standby_cluster const other{cluster};
    exporter{config()}.run({});
    wait_replayed();
    standby.promote();
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 666"); // the old primary lives on, and is followed
    db.exec("SELECT pg_logical_emit_message(false, 'x', repeat('x', 100000)) FROM generate_series(1, 200)");
    auto c = reading_from(conninfo_of(other.host()));
    c.conninfo = conninfo_of(standby.host());
    auto const report = exporter{c}.run({.full = true});
    CHECK(report.read.problem == standby_problem::other_timeline);
    CHECK(file(nth_user(4).path).find(open_text(666)) == std::string::npos);
    CHECK(differences_to_fresh(standby.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(standby_fixture, "replica: a server of another system, and another database, are no standby",
                 "[replica][fault][db]") {
    foreign_cluster const foreign;
    auto const report =
        exporter{reading_from("host=" + foreign.server->host() + " user=postgres dbname=postgres")}.run({});
    CHECK(report.read.problem == standby_problem::other_system);
    CHECK(report.exported() == 36);
    auto const other = exporter{reading_from("host=" + standby.host() + " user=postgres dbname=postgres")}.run({});
    CHECK(other.read.problem == standby_problem::other_database);
}

TEST_CASE_METHOD(standby_fixture, "replica: of several hosts a standby is taken, and the primary when there is none",
                 "[replica][fault][db]") {
    exporter e{reading_from(conninfo_of(cluster.host() + ',' + standby.host()))};
    CHECK(e.run({}).read.standby);
    standby.stop("fast");
    change_user(nth_user(3).key, 4711);
    auto const report = e.run({});
    CHECK(report.exported() == 1);
    CHECK_FALSE(report.read.standby);
    REQUIRE(wait_until([&] { return e.run({}).read.problem == standby_problem::no_standby; }));
    standby.start();
    REQUIRE(wait_until([&] { return e.run({}).read.standby; }));
}

TEST_CASE_METHOD(standby_fixture,
                 "replica: what ends a reader in the middle of a cycle sends that cycle to the primary",
                 "[replica][fault][db]") {
    standby.set("max_standby_streaming_delay", "0");
    std::string const what = GENERATE("lock", "vacuum", "truncate", "shutdown", "kill");
    CAPTURE(what);
    exporter{config()}.run({});
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    std::optional<exporter> e{
        std::in_place, reading_config(), at(phase::read, [&] {
            REQUIRE(readers_on(standby) > 0);
            if (what == "lock")
                db.exec("BEGIN; LOCK TABLE dwh.datamartusers IN ACCESS EXCLUSIVE MODE; COMMIT");
            if (what == "vacuum")
                db.exec("UPDATE dwh.datamartusers SET history_whole_closed = 12");
            if (what == "vacuum")
                db.exec("VACUUM dwh.datamartusers");
            if (what == "truncate")
                db.exec("BEGIN; CREATE TEMP TABLE kept AS TABLE dwh.datamartcountries;"
                        "TRUNCATE dwh.datamartcountries; INSERT INTO dwh.datamartcountries TABLE kept; COMMIT");
            if (what == "shutdown" || what == "kill")
                return standby.stop(what == "kill" ? "immediate" : "fast");
            REQUIRE(wait_until([&] { return readers_on(standby) == 0; }));
        })};
    auto const report = e->run({});
    CHECK_FALSE(report.read.standby);
    CHECK(report.read.problem == standby_problem::failed);
    CHECK(report.read.changed);
    CHECK(file(u.path).find(open_text(4711)) != std::string::npos);
    CHECK(db.pending() == 0);
    if (what == "shutdown" || what == "kill")
        standby.start();
    REQUIRE(wait_until([&] { return e->run({}).read.standby; }));
    e.reset();
    CHECK(differences_to_fresh(cluster.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(standby_fixture,
                 "replica: a reader that ends after the first batch was published costs nothing but time",
                 "[replica][fault][db]") {
    exporter{config()}.run({});
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 4711");
    auto c = reading_config();
    c.batch_size = 5;
    bool stopped = false;
    cycle_observer observer;
    observer.entity = [&](entity_event const&) {
        if (!std::exchange(stopped, true))
            standby.stop("immediate");
    };
    std::optional<exporter> e{std::in_place, c, observer};
    auto const report = e->run({});
    CHECK(stopped);
    CHECK(report.read.problem == standby_problem::failed);
    CHECK(db.pending() == 0);
    CHECK(file(nth_user(29).path).find(open_text(4711)) != std::string::npos);
    e.reset();
    CHECK(verify().clean());
    CHECK(differences_to_fresh(cluster.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(standby_fixture, "replica: a standby that is promoted within a cycle fails it before anything is read",
                 "[replica][fault][db]") {
    std::optional<exporter> e{std::in_place, reading_config()};
    e->run({});
    change_user(nth_user(3).key, 4711);
    // The snapshot waits for the table, and the standby is promoted meanwhile.
    other_session holder{conninfo_of(cluster.host()), "BEGIN; LOCK TABLE dwh.datamartusers IN ACCESS EXCLUSIVE MODE"};
    auto const waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    auto running = std::async(std::launch::async, [&] { return e->run({}); });
    REQUIRE(wait_until([&] { return asked(standby, waits) != "0"; }));
    standby.promote();
    on_standby("UPDATE dwh.datamartusers SET history_whole_open = 666");
    holder.run("COMMIT");
    auto const report = running.get();
    CHECK_FALSE(report.read.standby);
    CHECK(file(nth_user(3).path).find(open_text(4711)) != std::string::npos);
    e.reset();
    CHECK(differences_to_fresh(cluster.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(standby_fixture, "replica: what would be done is read from the standby, without a lock",
                 "[replica][fault][db]") {
    exporter e{reading_config()};
    e.run({});
    standby.set("recovery_min_apply_delay", "300ms");
    change_user(nth_user(3).key, 4711);
    auto const report = preview(reading_config(), {}, {});
    CHECK(report.read.standby);
    CHECK(report.exported() == 1);
}

TEST_CASE_METHOD(standby_fixture, "replica: verification goes on when its reader is ended, and finds no difference",
                 "[replica][fault][db]") {
    exporter{config()}.run({});
    wait_replayed();
    standby.set("max_standby_streaming_delay", "0");
    bool ended = false;
    verify_observer observer;
    observer.progress = [&](work_progress const& p) {
        if (p.now != phase::read || p.done == 0 || std::exchange(ended, true))
            return;
        db.exec("BEGIN; LOCK TABLE dwh.datamartusers IN ACCESS EXCLUSIVE MODE; COMMIT");
        REQUIRE(wait_until([&] { return readers_on(standby) == 0; }));
    };
    auto const report = notes_export::verify(reading_config(), {}, observer);
    CHECK(ended);
    CHECK(report.clean());
}

} // namespace test
