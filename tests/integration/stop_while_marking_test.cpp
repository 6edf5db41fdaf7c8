// What is published is marked, but a mark that nobody answers does not outlive a request to stop.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/other_session.hpp"

#include <chrono>
#include <csignal>
#include <optional>

namespace test {

namespace {

using namespace std::chrono_literals;

struct marking_fixture : cluster_fixture {
    user const u = nth_user(0);
    std::optional<other_session> holder;

    /// Rows can be read, but not marked.
    void keep_from_marking() { holder.emplace(db.conninfo(), "BEGIN; LOCK TABLE dwh.datamartusers IN EXCLUSIVE MODE"); }
    void wait_for_hanging_mark(std::string const& session = "writer") {
        REQUIRE(wait_until([&] {
            return db.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                             " AND application_name LIKE '%: " +
                             session + "'") == 1;
        }));
    }
    /// It ends within ten seconds of SIGTERM; the next one finds what it left.
    void check_stops(child_process& process) {
        auto const asked = std::chrono::steady_clock::now();
        process.signal(SIGTERM);
        CHECK(process.wait_exit(30s).has_value());
        CHECK(std::chrono::steady_clock::now() - asked < 10s);
    }
    void check_next() {
        holder.reset();
        CHECK(run_command({"once"}).status == 0);
        CHECK(db.pending() == 0);
        CHECK(verify().clean());
    }
};

} // namespace

TEST_CASE_METHOD(marking_fixture, "stop while marking: a standby that never confirms delays nothing",
                 "[fault][daemon][db]") {
    cluster.set("synchronous_standby_names", "nobody");
    REQUIRE(wait_until([&] { return db.value("SHOW synchronous_standby_names") == "nobody"; }));
    settings.write(root / "once.conf");
    child_process once{root / "once", {"once", "--config", root / "once.conf"}};
    CHECK(once.wait_exit(20s) == 0);
    CHECK(db.pending() == 0);
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("SET synchronous_commit = local");
    change_user(u.key, 4711);
    serve(daemon);
    CHECK(file(u.path).find(":4711,") != std::string::npos);
    CHECK(daemon.stop() == 0);
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(marking_fixture, "stop while marking: SIGTERM ends the daemon though a table stays locked",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    change_user(u.key, 4711);
    keep_from_marking();
    notify();
    wait_for_hanging_mark();
    check_stops(daemon.process());
    CHECK(daemon.count("cycle_stopped") == 1);
    check_next();
}

TEST_CASE_METHOD(marking_fixture, "stop while marking: SIGTERM ends the command once", "[fault][daemon][db]") {
    keep_from_marking();
    settings.write(root / "once.conf");
    child_process once{root / "once", {"once", "--config", root / "once.conf"}};
    wait_for_hanging_mark();
    check_stops(once);
    check_next();
}

TEST_CASE_METHOD(marking_fixture, "stop while marking: SIGTERM ends the daemon though the server's process hangs",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    change_user(u.key, 4711);
    keep_from_marking();
    notify();
    wait_for_hanging_mark();
    suspended_process silence{backend("writer")};
    check_stops(daemon.process());
    silence.resume();
    check_next();
}

TEST_CASE_METHOD(marking_fixture, "stop while marking: batches that are marked beside others end as well",
                 "[fault][daemon][db]") {
    settings.more = "[export]\nbatch_size = 10\n";
    keep_from_marking();
    settings.write(root / "once.conf");
    child_process once{root / "once", {"once", "--config", root / "once.conf"}};
    wait_for_hanging_mark("marker");
    check_stops(once);
    check_next();
}

} // namespace test
