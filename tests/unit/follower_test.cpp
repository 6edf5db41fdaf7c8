// What a mirror does next.
#include "mirror/follower.hpp"

#include "support/catch.hpp"

using notes_export::mirror::follower;
using namespace std::chrono_literals;

namespace {

follower::clock::time_point const t0{1'000'000s};

} // namespace

TEST_CASE("follower: a newer generation is a step, the same one a wait that news may end", "[mirror]") {
    follower const f{{}};
    CHECK(f.next({.tree = 5, .target = 4}, t0).step);
    CHECK(f.next({.tree = 5, .target = 0}, t0).step);
    CHECK(f.next({.tree = 5, .target = 9}, t0).step); // another tree's
    for (std::optional<std::uint64_t> const tree : {std::optional<std::uint64_t>{5}, std::optional<std::uint64_t>{}}) {
        auto const d = f.next({.tree = tree, .target = 5}, t0);
        CHECK_FALSE(d.step);
        CHECK(d.early);
        CHECK(d.at == t0 + 60s);
    }
}

TEST_CASE("follower: steps keep their distance, and what came meanwhile is one step", "[mirror]") {
    follower f{{.min_interval = 10min}};
    f.began(t0);
    f.succeeded();
    auto const d = f.next({.tree = 6, .target = 5}, t0 + 1min);
    CHECK_FALSE(d.step);
    CHECK_FALSE(d.early);
    CHECK(d.at == t0 + 10min);
    CHECK(f.next({.tree = 9, .target = 5}, t0 + 10min).step);
}

TEST_CASE("follower: after failures it waits longer each time, and not always as long", "[mirror]") {
    follower f{{}};
    auto const wait_after = [&](double chance) {
        f.failed(t0, chance);
        auto const d = f.next({.tree = 2, .target = 1}, t0);
        CHECK_FALSE(d.step);
        CHECK_FALSE(d.early);
        return d.at - t0;
    };
    CHECK(wait_after(0) == 500ms);
    CHECK(wait_after(1) == 2s);
    CHECK(wait_after(0) == 2s);
    for (int i = 0; i < 100; ++i)
        wait_after(1);
    CHECK(wait_after(1) == 5min);
    CHECK(f.next({.tree = 2, .target = 1}, t0 + 5min).step);
    f.succeeded();
    CHECK(f.next({.tree = 2, .target = 1}, t0).step);
    CHECK(wait_after(0) == 500ms);
}

TEST_CASE("follower: a tree that moves on is looked at again soon, and fails only when that lasts", "[mirror]") {
    follower f{{.min_interval = 10min}};
    f.began(t0);
    CHECK_FALSE(f.moved_on(t0, 1));
    CHECK(f.next({.tree = 2, .target = 1}, t0 + 100ms).step); // that step was none
    for (auto now = t0; now < t0 + 5min; now += 1s)
        CHECK_FALSE(f.moved_on(now, 1));
    CHECK(f.moved_on(t0 + 5min, 1));
    CHECK(f.next({.tree = 2, .target = 1}, t0 + 5min).at <= t0 + 5min + 10s);
    f.succeeded();
    CHECK_FALSE(f.moved_on(t0 + 6min, 1));
}
