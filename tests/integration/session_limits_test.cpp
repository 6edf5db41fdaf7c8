// A role that may have few sessions only, a server that has no room for more.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/error.hpp>

#include <algorithm>
#include <chrono>
#include <libpq-fe.h>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

namespace test {

namespace {

using namespace std::chrono_literals;

struct limited_fixture : cluster_fixture {
    limited_fixture() {
        db.exec("CREATE ROLE guest LOGIN IN ROLE osm_notes_exporter");
        settings.conninfo = "host=" + cluster.host() + " user=guest dbname=" + db.name();
        settings.more = "[export]\nworkers = 4\nbatch_size = 10\n";
    }
    void limit(int sessions) { db.exec("ALTER ROLE guest CONNECTION LIMIT " + std::to_string(sessions)); }
    /// Enough rows for all workers, and for batches of which each is marked beside the next.
    void many_rows() {
        db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
                " history_whole_closed) SELECT n, n, 'user ' || n, 1, 1 FROM generate_series(910001, 910400) n");
    }
    notes_export::export_config limited() const {
        auto c = config();
        c.conninfo = settings.conninfo;
        c.workers = 4;
        c.batch_size = 100;
        return c;
    }
};

} // namespace

TEST_CASE_METHOD(limited_fixture, "session limits: two sessions are enough for an export", "[fault][db]") {
    many_rows();
    auto const sessions = GENERATE(2, 3, 4, 5);
    limit(sessions);
    notes_export::exporter e{limited()};
    auto const report = e.run({});
    CHECK(report.exported() == 436);
    CHECK(report.marked() == 436);
    CHECK(std::ranges::count_if(report.warnings, [](std::string const& text) {
              return text.find("too many connections for role") != std::string::npos;
          }) == 1);
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 7");
    CHECK(e.run({}).warnings.empty()); // told once
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(limited_fixture, "session limits: one is not, and how many are is told", "[fault][db]") {
    limit(1);
    auto const message = thrown_message([&] { notes_export::exporter{limited()}.run({}); });
    CHECK(message.find("too many connections for role \"guest\" [53300]; an export needs two sessions") !=
          std::string::npos);
}

TEST_CASE_METHOD(limited_fixture, "session limits: a stop ends the wait for a session", "[fault][db]") {
    limit(1);
    std::stop_source stop;
    std::jthread const stopping{[&] {
        wait_until([&] { return db.number("SELECT count(*) FROM pg_stat_activity WHERE usename = 'guest'") == 1; });
        stop.request_stop();
    }};
    CHECK_THROWS_AS(notes_export::exporter{limited()}.run({}, stop.get_token()), notes_export::cancelled);
}

TEST_CASE_METHOD(limited_fixture, "session limits: a full server is no other case than a limited role", "[fault][db]") {
    db.exec("ALTER ROLE guest CONNECTION LIMIT -1");
    auto const free = db.number("SELECT current_setting('max_connections')::int"
                                " - current_setting('superuser_reserved_connections')::int") -
                      db.number("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'");
    std::vector<std::unique_ptr<PGconn, void (*)(PGconn*)>> crowd;
    for (int i = 0; i < free - 2; ++i)
        crowd.emplace_back(PQconnectdb(db.conninfo().c_str()), PQfinish);
    CHECK(notes_export::exporter{limited()}.run({}).exported() == 36);
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(limited_fixture, "session limits: the command once exports with two", "[fault][daemon][db]") {
    auto const sessions = GENERATE(2, 3, 4, 5);
    limit(sessions);
    auto const done = run_command({"once"});
    CHECK(done.status == 0);
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(limited_fixture, "session limits: with three the daemon exports and listens", "[fault][daemon][db]") {
    auto const sessions = GENERATE(3, 4, 5);
    limit(sessions);
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("listening");
    auto const u = nth_user(1);
    change_user(u.key, 4711);
    serve(daemon); // by notification
    wait_published(daemon, u, 4711);
    CHECK(db.number("SELECT count(*) FROM pg_stat_activity WHERE usename = 'guest'") <= sessions);
    CHECK(verify().clean());
    CHECK(daemon.stop() == 0);
}

TEST_CASE_METHOD(limited_fixture, "session limits: with two the daemon exports by polling, and listens when it may",
                 "[fault][daemon][db]") {
    limit(2);
    daemon_process daemon{root.path(), settings};
    daemon.wait_for(
        "a cycle that ends", [&] { return daemon.cycles() > 0; }, 60s);
    auto const u = nth_user(1);
    change_user(u.key, 4711);
    wait_published(daemon, u, 4711);
    auto const heard = daemon.count("listening"); // it may have been there before the export needed its session
    limit(3);
    daemon.wait_for(
        "a listener", [&] { return daemon.count("listening") > heard; }, 90s);
    serve(daemon);
    CHECK(verify().clean());
}

} // namespace test
