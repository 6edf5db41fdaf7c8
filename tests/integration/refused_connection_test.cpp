// The server is there but does not let the daemon in: it waits, and tells nobody its password.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"

#include <chrono>
#include <fstream>
#include <functional>
#include <sys/stat.h>

namespace test {

namespace {

using namespace std::chrono_literals;

/// A daemon that connects as an ordinary role, not as a superuser, whom nothing keeps out.
struct guest_fixture : cluster_fixture {
    guest_fixture() {
        db.exec("CREATE ROLE guest LOGIN PASSWORD 'open sesame' IN ROLE osm_notes_exporter");
        settings.conninfo = "host=" + cluster.host() + " user=guest dbname=" + db.name();
    }

    void end_all_sessions() {
        db.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'guest'");
    }
    /// The daemon is kept out, says so with these words, and comes back when it is let in.
    void check_outage(daemon_process& daemon, std::string const& words, std::function<void()> const& admit) {
        auto const heard = daemon.count("listening");
        auto const lost = count(daemon, "listener_lost", "level", "error");
        end_all_sessions();
        daemon.wait_for("a refused attempt",
                        [&] { return daemon.process().errors().find(words) != std::string::npos; });
        daemon.wait_for("further attempts", [&] { return count(daemon, "listener_lost", "level", "debug") >= 2; });
        // One for the end of the session, and one more when being refused counts as another state.
        CHECK(count(daemon, "listener_lost", "level", "error") <= lost + 2);
        auto const u = nth_user(1);
        change_user(u.key, ++m_value);
        CHECK(daemon.process().wait_exit(0ms) == std::nullopt);
        admit();
        daemon.wait_for(
            "a new session", [&] { return daemon.count("listening") > heard; }, 60s);
        wait_published(daemon, u, m_value);
        CHECK(daemon.process().errors().find("sesame") == std::string::npos);
    }

private:
    int m_value = 4711;
};

} // namespace

TEST_CASE_METHOD(guest_fixture, "refused connection: too many connections", "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("ALTER ROLE guest CONNECTION LIMIT 0");
    check_outage(daemon, "too many connections for role", [&] { db.exec("ALTER ROLE guest CONNECTION LIMIT -1"); });
}

TEST_CASE_METHOD(guest_fixture, "refused connection: the role loses its login at run time", "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("ALTER ROLE guest NOLOGIN");
    check_outage(daemon, "not permitted to log in", [&] { db.exec("ALTER ROLE guest LOGIN"); });
}

TEST_CASE_METHOD(guest_fixture, "refused connection: the password changes, and the password file follows",
                 "[fault][daemon][db]") {
    auto const password_file = root / "pgpass";
    auto const write_password = [&](std::string const& password) {
        std::ofstream{password_file} << "*:*:*:guest:" << password << '\n';
        REQUIRE(::chmod(password_file.c_str(), 0600) == 0);
    };
    cluster.prepend_access_rule("local all guest scram-sha-256");
    write_password("open sesame");
    settings.conninfo += " passfile=" + password_file.string();
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("ALTER ROLE guest PASSWORD 'close sesame'");
    check_outage(daemon, "password authentication failed", [&] { write_password("close sesame"); });
}

TEST_CASE_METHOD(guest_fixture, "refused connection: a wrong password of the conninfo is shown nowhere",
                 "[fault][daemon][db]") {
    cluster.prepend_access_rule("local all guest scram-sha-256");
    settings.conninfo += " password='wrong sesame'";
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("listener_lost", 2);
    daemon.wait_for_event("cycle_failed");
    CHECK(daemon.process().wait_exit(0ms) == std::nullopt);
    CHECK(daemon.process().errors().find("password authentication failed") != std::string::npos);
    CHECK(daemon.process().errors().find("sesame") == std::string::npos);
    CHECK(daemon.process().output().empty());
}

} // namespace test
