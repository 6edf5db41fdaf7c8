// When a cycle runs: each rule, on a clock of the test's own.
#include "support/catch.hpp"

#include "schedule/cycle_schedule.hpp"

using exportd::cycle_schedule;
using namespace std::chrono_literals;

namespace {

using clock = cycle_schedule::clock;

struct schedule_fixture {
    clock::time_point const start = clock::now();
    cycle_schedule::rules rules{500ms, 10s, 60s, 10min};
    cycle_schedule schedule{rules, start};

    clock::time_point at(clock::duration d) const { return start + d; }
    /// How long after the start the next one is due; -1: never.
    clock::duration due() const {
        auto const d = schedule.due();
        return d ? *d - start : clock::duration{-1};
    }
    /// One cycle runs from `from` to `to`, successfully.
    cycle_schedule::beginning cycle(clock::duration from, clock::duration to) {
        auto const b = schedule.begin(at(from));
        schedule.succeeded(at(to));
        return b;
    }
    /// It listens, and has served all that this brings.
    void settle() {
        schedule.listening(at(0s));
        cycle(0s, 1s);
    }
};

constexpr clock::duration never{-1};

} // namespace

TEST_CASE_METHOD(schedule_fixture, "cycle_schedule: the first cycle runs at once, and is no full one", "[schedule]") {
    CHECK(due() == 0s);
    auto const b = schedule.begin(at(0s));
    CHECK_FALSE(b.full);
    CHECK_FALSE(b.polled); // nobody listens yet: it is no sign of a missed notification
    CHECK(due() == never); // while it runs
}

TEST_CASE_METHOD(schedule_fixture, "cycle_schedule: it polls", "[schedule]") {
    SECTION("each poll_interval while notifications arrive") {
        settle();
        CHECK(due() == 61s);
        CHECK(cycle(61s, 62s).polled);
        CHECK(due() == 122s);
    }
    SECTION("every 10 s while they do not") {
        cycle(0s, 1s);
        CHECK(due() == 11s);
        CHECK_FALSE(cycle(11s, 12s).polled);
    }
    SECTION("more often than that when it is told to") {
        rules.poll_interval = 3s;
        schedule.set(rules);
        cycle(0s, 1s);
        CHECK(due() == 4s);
    }
    SECTION("never, when it is told to, while they arrive") {
        rules.poll_interval = 0s;
        schedule.set(rules);
        settle();
        CHECK(due() == never);
    }
}

TEST_CASE_METHOD(schedule_fixture, "cycle_schedule: a lost listener is made up for by polling", "[schedule]") {
    rules.poll_interval = 0s;
    schedule.set(rules);
    settle();
    SECTION("also where there was none, while nothing runs") {
        schedule.deaf(at(5s));
        CHECK(due() == 15s);
        schedule.deaf(at(12s)); // told again with each attempt
        CHECK(due() == 15s);
        cycle(15s, 16s);
        CHECK(due() == 26s);
    }
    SECTION("and when it is lost during a cycle") {
        schedule.begin(at(5s));
        schedule.deaf(at(6s));
        CHECK(due() == never);
        schedule.succeeded(at(7s));
        CHECK(due() == 17s);
    }
    SECTION("until it is back, which brings a cycle of its own") {
        schedule.deaf(at(5s));
        schedule.listening(at(6s));
        CHECK(due() == 6s);
        cycle(6s, 7s);
        CHECK(due() == never);
    }
}

TEST_CASE_METHOD(schedule_fixture, "cycle_schedule: notifications", "[schedule]") {
    settle();
    SECTION("are served when they pause") {
        schedule.notified(at(20s), false);
        CHECK(schedule.is_notified());
        CHECK(due() == 20500ms);
        schedule.notified(at(20400ms), false);
        CHECK(due() == 20900ms);
        CHECK_FALSE(cycle(20900ms, 21s).polled);
        CHECK_FALSE(schedule.is_notified());
        CHECK(due() == 81s);
    }
    SECTION("after max_delay at the latest") {
        for (auto t = 20s; t <= 40s; t += 1s)
            for (auto part = 0ms; part < 1s; part += 400ms)
                schedule.notified(at(t + part), false);
        CHECK(due() == 30s);
    }
    SECTION("that come during a cycle are served after it") {
        schedule.begin(at(20s));
        schedule.notified(at(21s), false);
        schedule.succeeded(at(30s));
        CHECK(due() == 21500ms);
    }
    SECTION("do not put off the next poll") {
        schedule.notified(at(60800ms), false);
        CHECK(due() == 61s);
    }
}

TEST_CASE_METHOD(schedule_fixture, "cycle_schedule: full exports that notifications ask for are rationed",
                 "[schedule]") {
    settle();
    schedule.notified(at(20s), true);
    CHECK(due() == 20500ms);
    CHECK(cycle(20500ms, 21s).full);
    schedule.notified(at(30s), true);
    CHECK_FALSE(cycle(30500ms, 31s).full);
    rules.poll_interval = 0s;
    schedule.set(rules);
    cycle(91s, 92s);
    CHECK(due() == 20500ms + 10min); // put off, not lost
    CHECK(cycle(20500ms + 10min, 700s).full);
}

TEST_CASE_METHOD(schedule_fixture, "cycle_schedule: what is requested runs at once", "[schedule]") {
    settle();
    SECTION("and is what was asked for") {
        schedule.requested(at(20s), true);
        CHECK(due() == 20s);
        auto const b = cycle(20s, 21s);
        CHECK(b.full);
        CHECK_FALSE(b.polled);
        CHECK_FALSE(cycle(81s, 82s).full);
    }
    SECTION("also after a cycle that runs meanwhile") {
        schedule.begin(at(20s));
        schedule.requested(at(21s), true);
        schedule.succeeded(at(25s));
        CHECK(due() == 21s);
        CHECK(schedule.begin(at(25s)).full);
    }
    SECTION("without waiting for the pause after a failure") {
        schedule.begin(at(20s));
        schedule.failed(at(21s), 30s, false);
        schedule.requested(at(22s), false);
        CHECK(due() == 22s);
    }
}

TEST_CASE_METHOD(schedule_fixture, "cycle_schedule: after a failure", "[schedule]") {
    settle();
    SECTION("nothing is hurried") {
        schedule.begin(at(20s));
        schedule.failed(at(21s), 30s, false);
        schedule.notified(at(22s), false);
        CHECK(due() == 51s);
        CHECK_FALSE(cycle(51s, 52s).polled);
        CHECK(due() == 112s);
    }
    SECTION("a full export is still wanted") {
        schedule.requested(at(20s), true);
        schedule.begin(at(20s));
        schedule.failed(at(21s), 1s, true);
        CHECK(schedule.begin(at(22s)).full);
    }
}
