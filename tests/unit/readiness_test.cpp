#include "support/catch.hpp"

#include "status/readiness.hpp"

using namespace std::chrono_literals;
using namespace exportd;

namespace {

std::chrono::steady_clock::time_point const now{100h};

/// A daemon at rest: one dataset, notifications arrive, the last cycle succeeded a minute ago.
health_state at_rest() {
    health_state s;
    s.poll_interval = 60s;
    s.listener = hearing::live;
    s.last_success = now - 1min;
    s.datasets.push_back({.name = "users"});
    return s;
}

std::chrono::steady_clock::duration age_of(health_state const& s) {
    return oldest_pending_age(s, now).value();
}

} // namespace

TEST_CASE("pending age: nothing is known to wait while the daemon is at rest", "[readiness]") {
    CHECK(age_of(at_rest()) == 0s);
}

TEST_CASE("pending age: counts from the earliest sign of a waiting change", "[readiness]") {
    auto s = at_rest();
    s.notified = now - 2s;
    CHECK(age_of(s) == 2s);
    s.running = now - 3s;
    CHECK(age_of(s) == 3s);
    s.failing = now - 20min;
    CHECK(age_of(s) == 20min);
}

TEST_CASE("pending age: rows that a cycle left belong to their dataset alone", "[readiness]") {
    auto s = at_rest();
    s.datasets.push_back({.name = "countries", .waiting_since = now - 7s});
    CHECK(oldest_pending_age(s, s.datasets[0], now) == 0s);
    CHECK(oldest_pending_age(s, s.datasets[1], now) == 7s);
    CHECK(age_of(s) == 7s);
}

TEST_CASE("pending age: a standby does not know", "[readiness]") {
    auto s = at_rest();
    s.standby_for = "the other one";
    CHECK_FALSE(oldest_pending_age(s, now));
}

TEST_CASE("readiness: at rest the daemon is ready", "[readiness]") {
    CHECK(why_not_ready(at_rest(), now).empty());
}

TEST_CASE("readiness: not before the first success", "[readiness]") {
    auto s = at_rest();
    s.last_success.reset();
    s.error = "no such host";
    CHECK(why_not_ready(s, now) == "no cycle has succeeded yet: no such host");
}

TEST_CASE("readiness: polling stands in for notifications, until it fails too", "[readiness]") {
    auto s = at_rest();
    s.listener = hearing::down;
    CHECK(why_not_ready(s, now).empty());
    s.error = "connection refused";
    CHECK(why_not_ready(s, now) == "neither notifications nor polling work: connection refused");
    s.listener = hearing::live;
    CHECK(why_not_ready(s, now).empty()); // a failure that has not lasted
}

TEST_CASE("readiness: a change that waits for longer than the limit", "[readiness]") {
    auto s = at_rest();
    s.error = "the disk is full";
    s.failing = now - 10min;
    CHECK(why_not_ready(s, now).empty());
    s.failing = now - 601s;
    CHECK(why_not_ready(s, now) == "changes may have been waiting for 601 s: the disk is full");
}

TEST_CASE("readiness: the limit follows the poll interval, and ends with polling", "[readiness]") {
    auto s = at_rest();
    s.last_success = now - 11min;
    CHECK(why_not_ready(s, now) == "the last look at the database was 660 s ago");
    s.poll_interval = 10min;
    CHECK(why_not_ready(s, now).empty());
    s.last_success = now - 31min;
    CHECK_FALSE(why_not_ready(s, now).empty());
    s.poll_interval = 0s;
    CHECK(why_not_ready(s, now).empty());
}

TEST_CASE("readiness: a standby is not ready and says who is", "[readiness]") {
    auto s = at_rest();
    s.standby_for = "host:1";
    CHECK(why_not_ready(s, now) == "standby: another instance is at work: host:1");
}

TEST_CASE("health: an event loop that stands still is told", "[readiness]") {
    CHECK(why_not_healthy(9s).empty());
    CHECK(why_not_healthy(12s) == "the event loop has not run for 12 s");
}
