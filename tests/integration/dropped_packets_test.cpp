// A network that drops the first packet of a connection: nothing is refused and nothing is answered, for minutes.
#include "support/catch.hpp"
#include "support/dropping_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"
#include "support/thrown_message.hpp"
#include "support/wait_until.hpp"

#include "listen/listener.hpp"

#include <notes_export/error.hpp>
#include <notes_export/exporter.hpp>

#include <functional>
#include <thread>
#include <vector>

namespace test {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using exportd::listener;

/// What a busy machine may add to the moment at which something is due.
constexpr milliseconds tolerance{2s};

struct dropped_packets {
    dropping_server server;
    temporary_directory root;

    notes_export::export_config config(milliseconds connect_timeout) const {
        notes_export::export_config c;
        c.conninfo = server.conninfo();
        c.directory = root / "tree";
        c.validation = notes_export::validation_mode::off;
        c.connect_timeout = connect_timeout;
        return c;
    }
};

struct listener_without_answer : dropped_packets {
    exportd::asio::io_context io;
    std::vector<listener::failure> failures;

    listener make(milliseconds connect) {
        return {io,
                server.conninfo(),
                {},
                "test",
                "a_channel",
                {.notified = [](std::string_view) {},
                 .live = [] {},
                 .lost = [this](listener::failure const& f) { failures.push_back(f); }},
                {.connect = connect, .proof = 2s, .heartbeat = 50ms, .answer = 500ms}};
    }
    bool step_until(std::function<bool()> const& condition) {
        return wait_until([&] {
            io.restart();
            io.run_for(10ms);
            return condition();
        });
    }
};

} // namespace

TEST_CASE_METHOD(dropped_packets, "dropped packets: a cycle gives up when its time to connect is over", "[connect]") {
    notes_export::exporter e{config(1s)};
    auto const begin = clock::now();
    auto const message = thrown_message([&] { e.run({}); });
    auto const took = clock::now() - begin;
    CHECK(message == "connect (writer): no answer from the server within 1 s");
    CHECK(took >= 1s);
    CHECK(took < 1s + tolerance);
    CHECK(server.waiting() == 0);
}

TEST_CASE_METHOD(dropped_packets, "dropped packets: a stop ends the attempt of a cycle at once", "[connect]") {
    notes_export::exporter e{config(60s)};
    clock::time_point asked;
    std::stop_source stop;
    std::jthread const stopping{[&] {
        wait_until([&] { return server.waiting() == 1; });
        asked = clock::now();
        stop.request_stop();
    }};
    CHECK_THROWS_AS(e.run({}, stop.get_token()), notes_export::cancelled);
    CHECK(clock::now() - asked < tolerance);
}

TEST_CASE_METHOD(listener_without_answer, "dropped packets: the listener gives up when its time to connect is over",
                 "[connect][listener]") {
    auto l = make(1s);
    auto const begin = clock::now();
    l.start();
    CHECK(step_until([&] { return !failures.empty(); }));
    auto const took = clock::now() - begin;
    l.stop();
    CHECK(took >= 1s);
    CHECK(took < 1s + tolerance);
    CHECK(failures[0].why == listener::cause::connection);
    CHECK(contains(failures[0].error, "no answer from the server within 1 s"));
    CHECK(wait_until([&] { return server.waiting() == 0; }, tolerance));
}

TEST_CASE_METHOD(listener_without_answer, "dropped packets: a stop ends the attempt of the listener at once",
                 "[connect][listener]") {
    auto l = make(60s);
    l.start();
    CHECK(step_until([&] { return server.waiting() == 1; }));
    l.stop();
    CHECK(wait_until([&] { return server.waiting() == 0; }, tolerance));
    CHECK(failures.empty());
}

TEST_CASE_METHOD(dropped_packets, "dropped packets: a host that does not answer leaves time for the next one",
                 "[connect]") {
    test_database const database;
    auto const conninfo = database.conninfo() + " host=127.0.0.1," + test_database::host() +
                          " port=" + std::to_string(server.port()) + ",5432";
    auto const s = notes_export::open_session({conninfo, "test", "writer", {}, 4s}, "SELECT 1", {});
    CHECK(s.connection);
}

TEST_CASE_METHOD(dropped_packets, "dropped packets: each of the hosts that failed is named, with its own reason",
                 "[connect]") {
    auto c = config(2s);
    auto const port = std::to_string(server.port());
    c.conninfo = "host=127.0.0.1,/nowhere port=" + port + " dbname=x user=x";
    notes_export::exporter e{c};
    auto const message = thrown_message([&] { e.run({}); });
    CHECK(contains(message, "connect (writer): 127.0.0.1:" + port +
                                ": no answer from the server within 1 s; /nowhere:" + port +
                                ": connection to server on socket \"/nowhere/.s.PGSQL." + port + "\" failed"));
}

TEST_CASE_METHOD(dropped_packets, "dropped packets: connect_timeout of the conninfo holds for each host", "[connect]") {
    auto c = config(60s);
    c.conninfo = server.conninfo() + " connect_timeout=1";
    notes_export::exporter e{c};
    CHECK(thrown_message([&] { e.run({}); }) == "connect (writer): no answer from the server within 1 s");
}

TEST_CASE_METHOD(dropped_packets, "dropped packets: hosts and ports that do not match are told as libpq tells it",
                 "[connect]") {
    auto c = config(60s);
    c.conninfo = "host=127.0.0.1,127.0.0.1,127.0.0.1 port=" + std::to_string(server.port()) + ",1 dbname=x user=x";
    notes_export::exporter e{c};
    CHECK(thrown_message([&] { e.run({}); }) == "connect (writer): could not match 2 port numbers to 3 hosts");
}

} // namespace test
