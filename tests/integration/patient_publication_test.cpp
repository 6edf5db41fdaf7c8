// A reader that holds the publishing lock for long.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"

#include <csignal>
#include <unistd.h>

namespace test {

using namespace std::chrono_literals;

TEST_CASE_METHOD(daemon_fixture, "publication: waits for a reader for more than a minute, says so once, and goes on",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    publication_hold reader{tree()};
    change_user(nth_user(3).key, 4711);
    notify();
    daemon.wait_for_event("publication_waits");
    auto const until = std::chrono::steady_clock::now() + 62s; // from when it has waited for some seconds
    wait_until([&] { return daemon.count("cycle_failed") > 0 || std::chrono::steady_clock::now() >= until; }, 70s);
    CHECK(daemon.count("cycle_failed") == 0);
    CHECK(reader.holds_a_cycle());
    CHECK(daemon.count("publication_waits") == 1);
    reader.release();
    wait_published(daemon, nth_user(3), 4711);
    daemon.wait_for("nothing pending", [this] { return db.pending() == 0; });
    CHECK(daemon.count("cycle_failed") == 0);
    CHECK(daemon.stop() == 0);
}

TEST_CASE_METHOD(daemon_fixture, "publication: one that waits for a reader ends at once with SIGTERM", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    publication_hold const reader{tree()};
    change_user(nth_user(3).key, 4711);
    notify();
    daemon.wait_for_event("publication_waits");
    for (auto const& record : daemon.log())
        if (record.event == "publication_waits")
            CHECK(record.message.find("process " + std::to_string(::getpid())) != std::string::npos);
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(4s) == 0);
    CHECK(db.pending() == 1);
}

} // namespace test
