// The server is there but does not let the daemon in: it waits, and tells nobody its password.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
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

    /// With the rights of a systemd credential, with which libpq would not take it.
    void write_password(std::string const& password, mode_t mode = 0440) {
        if (settings.password_file.empty()) {
            settings.password_file = root / "password";
            cluster.prepend_access_rule("local all guest scram-sha-256");
        }
        auto const fresh = root / "password.new";
        REQUIRE((std::ofstream{fresh} << password << '\n').flush());
        REQUIRE(::chmod(fresh.c_str(), mode) == 0);
        std::filesystem::rename(fresh, settings.password_file);
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

TEST_CASE_METHOD(guest_fixture, "refused connection: the password changes, and so does our password file",
                 "[fault][daemon][db]") {
    write_password("open sesame");
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("ALTER ROLE guest PASSWORD 'close sesame'");
    check_outage(daemon, "password authentication failed", [&] { write_password("close sesame"); });
    CHECK(verify().clean());
}

TEST_CASE_METHOD(guest_fixture, "refused connection: a password file that is of no use is named until it is mended",
                 "[fault][daemon][db]") {
    write_password("");
    std::filesystem::remove(settings.password_file);
    daemon_process daemon{root.path(), settings};
    auto const is_told = [&](std::string const& why) {
        for (std::string const event : {"listener_lost", "cycle_failed"})
            daemon.wait_for(event + ": " + why, [&] {
                auto const log = daemon.log();
                return std::ranges::any_of(log, [&](log_record const& r) {
                    return r.event == event && r.field("error").find(why) != std::string::npos;
                });
            });
    };
    auto const name = "password file " + settings.password_file.string();
    is_told("cannot read " + name + ": No such file or directory");
    write_password("open sesame", 0644);
    is_told(name + " is open to everybody");
    write_password("");
    is_told(name + " is empty");
    write_password("open sesame\nclose sesame");
    is_told(name + " must hold the password as its only line");
    CHECK(daemon.process().wait_exit(0ms) == std::nullopt);
    write_password("open sesame");
    daemon.wait_for_event("listening");
    daemon.wait_for_event("cycle_finished");
    CHECK(daemon.process().errors().find("sesame") == std::string::npos);
}

TEST_CASE_METHOD(guest_fixture, "refused connection: every command reads the password file", "[fault][daemon][db]") {
    for (std::string const command : {"once", "verify", "status"}) {
        CAPTURE(command);
        // No daemon is running, and that is what status ends with, whatever else it cannot find out.
        int const well = command == "status" ? 2 : 0;
        int const no_database = command == "status" ? 2 : command == "verify" ? 3 : 69;
        write_password("open sesame");
        CHECK(run_command({command}).status == well);
        write_password("wrong sesame");
        auto const refused = run_command({command});
        CHECK(refused.status == no_database);
        auto const told = refused.output + refused.errors;
        CHECK(told.find("password authentication failed") != std::string::npos);
        std::filesystem::remove(settings.password_file);
        auto const missing = run_command({command});
        CHECK(missing.status == no_database);
        auto const told_missing = missing.output + missing.errors;
        CHECK(told_missing.find(settings.password_file.string() + ": No such file") != std::string::npos);
        CHECK((told + told_missing).find("sesame") == std::string::npos);
    }
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
