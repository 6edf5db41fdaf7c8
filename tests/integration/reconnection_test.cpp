// The connection breaks in ways that are noticed at once: the daemon lives on, and nothing is lost.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/freezing_proxy.hpp"
#include "support/process_figures.hpp"

#include <chrono>
#include <csignal>

namespace test {

namespace {
using namespace std::chrono_literals;
} // namespace

TEST_CASE_METHOD(cluster_fixture, "reconnection: a change made right when the crashed server is back is published",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(3);
    cluster.stop("immediate");
    daemon.wait_for("three failed attempts", [&] { return daemon.count("listener_lost") >= 3; });
    CHECK(count(daemon, "listener_lost", "level", "error") == 1);
    cluster.start();
    db.reconnect();
    change_user(u.key, 4711);
    wait_published(daemon, u, 4711);
    daemon.wait_for_event("listening", 2);
    CHECK(daemon.count("notified") == 0);
    serve(daemon); // and it hears again
    CHECK(one_idle_listener());
    CHECK(verify().clean());
}

TEST_CASE_METHOD(cluster_fixture, "reconnection: a stopping and starting server is waited for", "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(4);
    for (int round = 1; round <= 3; ++round) {
        cluster.stop("fast");
        cluster.start();
        db.reconnect();
        change_user(u.key, 4711 + round);
        wait_published(daemon, u, 4711 + round);
        daemon.wait_for_event("listening", static_cast<std::size_t>(round) + 1);
    }
    CHECK(daemon.process().wait_exit(0ms) == std::nullopt);
    CHECK(one_idle_listener());
}

TEST_CASE_METHOD(fault_fixture, "reconnection: 200 terminations with a change each lose none and leak nothing",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(2);
    std::size_t before = 0;
    for (int i = 1; i <= 200; ++i) {
        terminate("listener");
        change_user(u.key, 10'000 + i);
        wait_published(daemon, u, 10'000 + i);
        daemon.wait_for_event("listening", static_cast<std::size_t>(i) + 1);
        if (i == 20)
            before = descriptors(daemon.process().pid());
    }
    // A cycle may be under way, and has files open.
    CHECK(wait_until([&] { return descriptors(daemon.process().pid()) <= before; }));
    CHECK(one_idle_listener());
    serve(daemon);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(cluster_fixture, "reconnection: a backend killed during a cycle takes all down, and all come back",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(0);
    for (std::string const victim : {"listener", "writer"}) {
        CAPTURE(victim);
        auto const lost = count(daemon, "listener_lost", "level", "error");
        auto const heard = daemon.count("listening");
        publication_hold hold{tree()};
        change_user(u.key, 4711);
        notify();
        daemon.wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
        auto const before = file(u.path);
        REQUIRE(::kill(backend(victim), SIGKILL) == 0);
        daemon.wait_for("a lost listener", [&] { return count(daemon, "listener_lost", "level", "error") > lost; });
        CHECK(file(u.path) == before);
        hold.release();
        db.reconnect();
        change_user(u.key, 4712);
        wait_published(daemon, u, 4712);
        daemon.wait_for_event("listening", heard + 1);
        serve(daemon);
        CHECK(verify().clean());
        CHECK(one_idle_listener());
    }
}

TEST_CASE_METHOD(cluster_fixture, "reconnection: SIGTERM while the listener waits for its next attempt ends it in 1 s",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    cluster.stop("immediate");
    daemon.wait_for("a long wait before the next attempt", [&] {
        auto const log = daemon.log();
        for (auto const& record : log)
            if (record.event == "listener_lost" && std::stoi(record.field("retry_ms")) > 1500)
                return true;
        return false;
    });
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(1s) == 0);
}

TEST_CASE_METHOD(fault_fixture, "reconnection: SIGTERM in an attempt that gets no answer ends it in 1 s",
                 "[fault][daemon][db]") {
    freezing_proxy proxy{root.path(), test_database::host()};
    settings.conninfo = "host=" + root.path().string() + " user=postgres dbname=" + db.name();
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    proxy.ignore_newcomers();
    auto const clients = proxy.accepted();
    terminate("listener");
    daemon.wait_for("an attempt", [&] { return proxy.accepted() > clients; });
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(1s) == 0);
}

} // namespace test
