// A server in recovery cannot LISTEN: it is recognised, and the primary is found again.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"

#include <chrono>
#include <libpq-fe.h>
#include <memory>

namespace test {

namespace {

using namespace std::chrono_literals;

struct standby_fixture : cluster_fixture {
    standby_cluster standby{cluster};

    std::string conninfo_of(std::string const& hosts) const {
        return "host=" + hosts + " user=postgres dbname=" + db.name();
    }
    /// Whatever was committed is on the standby, too.
    void wait_replayed() {
        auto const position = db.value("SELECT pg_current_wal_lsn()");
        auto const behind = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= '" + position + "'";
        REQUIRE(wait_until([&] { return db.number(behind) == 1; }));
    }
    /// Runs statements on the server that was the standby.
    void exec_on_standby(std::string const& sql) const {
        std::unique_ptr<PGconn, void (*)(PGconn*)> const c{PQconnectdb(conninfo_of(standby.host()).c_str()), PQfinish};
        std::unique_ptr<PGresult, void (*)(PGresult*)> const r{PQexec(c.get(), sql.c_str()), PQclear};
        INFO(PQerrorMessage(c.get()));
        REQUIRE(PQresultStatus(r.get()) == PGRES_COMMAND_OK);
    }
    void change_on_standby(user const& u, int open) const {
        exec_on_standby("UPDATE dwh.datamartusers SET history_whole_open = " + std::to_string(open) +
                        " WHERE dimension_user_id = " + std::to_string(u.key));
    }
};

} // namespace

TEST_CASE_METHOD(standby_fixture,
                 "recovery: a standby is recognised, reported once, and followed when it becomes the primary",
                 "[fault][daemon][db]") {
    wait_replayed();
    settings.conninfo = conninfo_of(standby.host());
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("listener_lost", 4);
    CHECK(count(daemon, "listener_lost", "cause", "standby") == daemon.count("listener_lost"));
    CHECK(count(daemon, "listener_lost", "level", "error") == 1);
    CHECK(daemon.process().wait_exit(0ms) == std::nullopt);
    auto const u = nth_user(3);
    standby.promote();
    change_on_standby(u, 4711);
    daemon.wait_for(
        "LISTEN", [&] { return daemon.count("listening") == 1; }, 60s);
    wait_published(daemon, u, 4711);
}

TEST_CASE_METHOD(standby_fixture, "recovery: of two hosts the primary is taken, and the other one after a failover",
                 "[fault][daemon][db]") {
    settings.conninfo = conninfo_of(standby.host() + ',' + cluster.host());
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    serve(daemon);
    CHECK(file(u.path).find(":4711,") != std::string::npos);
    CHECK(daemon.count("listener_lost") == 0);
    wait_replayed();
    cluster.stop("immediate");
    daemon.wait_for_event("listener_lost");
    standby.promote();
    change_on_standby(u, 4712);
    daemon.wait_for(
        "LISTEN", [&] { return daemon.count("listening") == 2; }, 60s);
    wait_published(daemon, u, 4712);
    exec_on_standby("NOTIFY osm_notes_export, 'from the new primary'");
    daemon.wait_for_cycle_after("from the new primary");
}

} // namespace test
