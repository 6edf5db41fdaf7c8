// The listener alone, on an event loop that the test steps, with short deadlines.
#include "support/catch.hpp"
#include "support/test_database.hpp"

#include "listen/listener.hpp"

#include <csignal>
#include <vector>

namespace test {

namespace {

using namespace std::chrono_literals;
using exportd::listener;

struct listener_fixture {
    test_database db{"plain"};
    exportd::asio::io_context io;
    std::vector<std::string> payloads;
    std::vector<listener::failure> failures;
    int times_live = 0;

    listener::handlers handlers() {
        return {.notified = [this](std::string_view payload) { payloads.emplace_back(payload); },
                .live = [this] { ++times_live; },
                .lost = [this](listener::failure const& f) { failures.push_back(f); }};
    }
    listener make(std::string const& conninfo) {
        return {io,
                conninfo,
                {},
                "test",
                "a_channel",
                handlers(),
                {.connect = 2s, .proof = 2s, .heartbeat = 50ms, .answer = 500ms}};
    }
    /// Runs the loop until the condition holds; false when it does not within the deadline.
    bool step_until(std::function<bool()> const& condition, std::chrono::seconds deadline = 20s) {
        auto const end = std::chrono::steady_clock::now() + deadline;
        while (!condition() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(10ms);
        }
        return condition();
    }
    long backend() {
        return db.number("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                         " AND application_name = 'test: listener'");
    }
};

} // namespace

TEST_CASE_METHOD(listener_fixture, "listener: hears what is said on its channel and nothing else", "[listener][db]") {
    auto l = make(db.conninfo());
    l.start();
    CHECK(step_until([&] { return times_live == 1; }));
    db.exec("NOTIFY another_channel, 'x'; NOTIFY osm_notes_exportd_probe, 'x'; NOTIFY a_channel, 'y'");
    CHECK(step_until([&] { return !payloads.empty(); }));
    CHECK(payloads == std::vector<std::string>{"y"});
    CHECK(times_live == 1);
    CHECK(failures.empty());
}

TEST_CASE_METHOD(listener_fixture, "listener: its heartbeats do not disturb it, and no session is left but its own",
                 "[listener][db]") {
    auto l = make(db.conninfo());
    l.start();
    CHECK(step_until([&] { return times_live == 1; }));
    // The text of the last statement stays visible.
    CHECK(step_until([&] {
        return db.value("SELECT query FROM pg_stat_activity WHERE application_name = 'test: listener'"
                        " AND datname = current_database()")
                   .find("pg_listening_channels") != std::string::npos;
    }));
    db.exec("NOTIFY a_channel, 'y'");
    CHECK(step_until([&] { return !payloads.empty(); }));
    CHECK(failures.empty());
    CHECK(step_until([&] {
        return db.number("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'test: %'"
                         " AND datname = current_database()") == 1;
    }));
}

TEST_CASE_METHOD(listener_fixture, "listener: a server process that hangs is given up and replaced", "[listener][db]") {
    auto l = make(db.conninfo());
    l.start();
    CHECK(step_until([&] { return times_live == 1; }));
    auto const pid = static_cast<pid_t>(backend());
    REQUIRE(::kill(pid, SIGSTOP) == 0);
    CHECK(step_until([&] { return times_live == 2; }));
    ::kill(pid, SIGCONT);
    REQUIRE(failures.size() == 1);
    CHECK(failures[0].why == listener::cause::heartbeat);
    CHECK(failures[0].error == "no answer on the session within 1 s");
    db.exec("NOTIFY a_channel, 'y'");
    CHECK(step_until([&] { return payloads.size() == 1; }));
    // The old session ends as soon as its process can see that nobody is there.
    CHECK(step_until(
        [&] { return db.number("SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(pid)) == 0; }));
}

TEST_CASE_METHOD(listener_fixture, "listener: a terminated session is replaced, and why it ended is told",
                 "[listener][db]") {
    auto l = make(db.conninfo());
    l.start();
    CHECK(step_until([&] { return times_live == 1; }));
    db.exec("SELECT pg_terminate_backend(" + std::to_string(backend()) + ")");
    CHECK(step_until([&] { return times_live == 2; }));
    REQUIRE(failures.size() == 1);
    CHECK(failures[0].why == listener::cause::connection);
    CHECK(failures[0].error.find("terminating connection") != std::string::npos);
}

TEST_CASE_METHOD(listener_fixture, "listener: a server that is not there is asked again and again", "[listener][db]") {
    auto l = make("host=/nonexistent dbname=x");
    l.start();
    CHECK(step_until([&] { return failures.size() == 3; }));
    CHECK(failures[2].why == listener::cause::connection);
    CHECK(times_live == 0);
}

TEST_CASE_METHOD(listener_fixture, "listener: a database that refuses it is told with its SQLSTATE", "[listener][db]") {
    db.exec("CREATE ROLE refused_" + db.name() + " LOGIN; ALTER ROLE refused_" + db.name() +
            " SET search_path = pg_catalog; REVOKE EXECUTE ON FUNCTION pg_notification_queue_usage() FROM PUBLIC");
    auto l = make(db.conninfo() + " user=refused_" + db.name());
    l.start();
    CHECK(step_until([&] { return !failures.empty(); }));
    l.stop();
    CHECK(failures[0].sqlstate == "42501");
    db.exec("DROP ROLE refused_" + db.name());
}

TEST_CASE_METHOD(listener_fixture, "listener: proves itself alone where no second session is to be had",
                 "[listener][db]") {
    auto const role = "lonely_" + db.name();
    db.exec("CREATE ROLE " + role + " LOGIN CONNECTION LIMIT 1");
    {
        auto l = make(db.conninfo() + " user=" + role);
        l.start();
        CHECK(step_until([&] { return times_live == 1; }));
        db.exec("NOTIFY a_channel, 'y'");
        CHECK(step_until([&] { return payloads.size() == 1; }));
        // Its heartbeats go on.
        CHECK(step_until([&] {
            return db.value("SELECT query FROM pg_stat_activity WHERE application_name = 'test: listener'"
                            " AND datname = current_database()")
                       .find("pg_listening_channels") != std::string::npos;
        }));
        CHECK(failures.empty());
        l.make_room("given back");
        REQUIRE(failures.size() == 1);
        CHECK(failures[0].sqlstate == "53300");
        CHECK(l.is_stopped());
        l.start();
        CHECK(step_until([&] { return times_live == 2; }));
    }
    CHECK(step_until([&] {
        return db.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test: listener'"
                         " AND datname = current_database()") == 0;
    }));
    db.exec("DROP ROLE " + role);
}

TEST_CASE_METHOD(listener_fixture, "listener: no setting of its role ends or disturbs it", "[listener][db]") {
    auto const role = "hurried_" + db.name();
    db.exec("CREATE ROLE " + role + " LOGIN");
    for (std::string const setting :
         {"idle_session_timeout = '200ms'", "idle_in_transaction_session_timeout = '200ms'", "lock_timeout = '1ms'",
          "statement_timeout = '20ms'", "default_transaction_isolation = 'serializable'",
          "default_transaction_read_only = on", "default_transaction_deferrable = on", "exit_on_error = on",
          "search_path = 'nowhere'", "client_min_messages = 'error'", "standard_conforming_strings = off"})
        db.exec("ALTER ROLE " + role + " SET " + setting);
    // A read-only serializable transaction that may be deferred would wait for the end of this one.
    db.exec("BEGIN ISOLATION LEVEL SERIALIZABLE; CREATE TABLE held (n int)");
    {
        auto l = make(db.conninfo() + " user=" + role);
        l.start();
        CHECK(step_until([&] { return times_live == 1; }));
        for (auto const& f : failures)
            UNSCOPED_INFO(f.error);
        db.exec("COMMIT");
        CHECK_FALSE(step_until([&] { return !failures.empty(); }, 1s));
        db.exec("NOTIFY a_channel, 'y'");
        CHECK(step_until([&] { return payloads.size() == 1; }));
    }
    db.exec("DROP ROLE " + role);
}

TEST_CASE_METHOD(listener_fixture, "listener: stopped while it connects it does nothing more", "[listener][db]") {
    auto l = make(db.conninfo());
    l.start();
    l.stop();
    CHECK_FALSE(step_until([&] { return times_live > 0 || !failures.empty(); }, 1s));
}

} // namespace test
