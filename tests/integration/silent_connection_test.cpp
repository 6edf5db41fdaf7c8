// The other side falls silent without a word: only a deadline notices.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/freezing_proxy.hpp"

#include <notes_export/error.hpp>

#include <algorithm>
#include <chrono>

namespace test {

namespace {

using namespace std::chrono_literals;

/// A heartbeat every 15 s with 5 s for its answer, and something for a busy machine.
constexpr milliseconds noticed_within{25s};

/// A daemon that reaches the shared server through a proxy.
struct proxy_fixture : fault_fixture {
    freezing_proxy proxy{root.path(), test_database::host()};

    proxy_fixture() { settings.conninfo = "host=" + root.path().string() + " user=postgres dbname=" + db.name(); }

    /// Lost because of the heartbeat, once; polling publishes meanwhile.
    void check_noticed(daemon_process const& daemon) {
        auto const u = nth_user(5);
        change_user(u.key, 4711);
        notify("heard by nobody");
        daemon.wait_for(
            "a lost listener", [&] { return daemon.count("listener_lost") > 0; }, noticed_within);
        wait_published(daemon, u, 4711);
        CHECK(count(daemon, "listener_lost", "cause", "heartbeat") == 1);
        CHECK(count(daemon, "listener_lost", "level", "error") == 1);
        CHECK(daemon.count("notified") == 0);
    }
    void check_hears_again(daemon_process const& daemon) {
        daemon.wait_for(
            "a new session", [&] { return daemon.count("listening") == 2; }, 60s);
        serve(daemon);
        daemon.wait_for("the end of the old session", [&] { return one_idle_listener(); });
        CHECK(verify().clean());
    }
};

} // namespace

TEST_CASE_METHOD(fault_fixture, "silent connection: a suspended backend is noticed and polling goes on",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(5);
    suspended_process silence{backend("listener")};
    change_user(u.key, 4711);
    notify("heard by nobody");
    daemon.wait_for(
        "a lost listener", [&] { return daemon.count("listener_lost") > 0; }, noticed_within);
    wait_published(daemon, u, 4711);
    CHECK(count(daemon, "listener_lost", "cause", "heartbeat") == 1);
    CHECK(daemon.count("notified") == 0);
    daemon.wait_for_event("listening", 2); // a new backend, as the server itself is well
    serve(daemon);
    silence.resume();
    daemon.wait_for("the end of the old session", [&] { return one_idle_listener(); });
}

TEST_CASE_METHOD(proxy_fixture, "silent connection: a network that passes nothing on is noticed and polling goes on",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    proxy.freeze(": listener");
    check_noticed(daemon);
    proxy.go_on();
    check_hears_again(daemon);
}

TEST_CASE_METHOD(proxy_fixture, "silent connection: while nothing at all is passed on, the daemon waits and lives",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(6);
    proxy.freeze();
    change_user(u.key, 4711);
    daemon.wait_for(
        "a lost listener", [&] { return daemon.count("listener_lost") > 0; }, noticed_within);
    CHECK(daemon.process().wait_exit(0ms) == std::nullopt);
    proxy.go_on();
    daemon.wait_for(
        u.path + " to be published", [&] { return file(u.path).find(":4711,") != std::string::npos; }, 60s);
    check_hears_again(daemon);
}

TEST_CASE_METHOD(proxy_fixture,
                 "silent connection: a cycle that gets no answer ends, and the next one has new sessions",
                 "[fault][db]") {
    auto through_proxy = config();
    through_proxy.conninfo = settings.conninfo;
    through_proxy.statement_timeout = 1s;
    notes_export::exporter e{through_proxy};
    e.run({});
    auto const u = nth_user(5);
    change_user(u.key, 4711);
    proxy.freeze();
    auto const begin = std::chrono::steady_clock::now();
    try {
        e.run({});
        FAIL("a cycle without a server");
    } catch (notes_export::database_error const& error) {
        CHECK(error.connection_lost());
        CHECK(std::string{error.what()}.find("no answer from the server") != std::string::npos);
    }
    CHECK(std::chrono::steady_clock::now() - begin < 20s);
    proxy.go_on();
    CHECK(users_of(e.run({})).marked == 1);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(proxy_fixture, "silent connection: a server that takes clients and never answers is given up in time",
                 "[fault][daemon][db]") {
    proxy.ignore_newcomers();
    daemon_process daemon{root.path(), settings};
    daemon.wait_for(
        "two attempts", [&] { return daemon.count("listener_lost") >= 2; }, 60s);
    daemon.wait_for_event("cycle_failed");
    CHECK(count(daemon, "listener_lost", "cause", "connection") == daemon.count("listener_lost"));
    CHECK(count(daemon, "listener_lost", "level", "error") == 1);
    auto const log = daemon.log();
    auto const lost = std::ranges::find(log, "listener_lost", &log_record::event);
    CHECK(lost->time - log.front().time > 9s);
    CHECK(lost->time - log.front().time < 15s);
    proxy.go_on();
    daemon.wait_for(
        "a session", [&] { return daemon.count("listening") == 1; }, 60s);
    serve(daemon);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(proxy_fixture, "silent connection: what is committed before LISTEN takes effect is published with it",
                 "[fault][daemon][db]") {
    proxy.freeze(": listener");
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("cycle_finished"); // it does not wait for the listener
    auto const u = nth_user(7);
    change_user(u.key, 4711);
    notify("heard by nobody");
    proxy.go_on();
    daemon.wait_for_event("listening");
    wait_published(daemon, u, 4711);
    // Not the next poll: that cycle begins with the session.
    daemon.wait_for("a cycle that begins with the session", [&] {
        auto const log = daemon.log();
        auto const live = std::ranges::find(log, "listening", &log_record::event);
        return std::any_of(live, log.end(), [&](auto const& r) {
            return r.event == "cycle_finished" && r.cycle_began() - live->time < 2s;
        });
    });
    CHECK(daemon.count("notified") == 0);
}

} // namespace test
