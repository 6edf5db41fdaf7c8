#include "support/catch.hpp"

#include "cycles/pace.hpp"

using exportd::pace;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

pace::clock::time_point at(milliseconds t) {
    return pace::clock::time_point{seconds{1000}} + t;
}

} // namespace

TEST_CASE("pace: knows nothing before rows have gone by for a while", "[pace]") {
    pace p;
    CHECK(p.rate() == 0);
    CHECK_FALSE(p.left(100));
    p.at(at(milliseconds{0}), 0);
    p.at(at(milliseconds{400}), 50);
    CHECK(p.rate() == 0);
    CHECK_FALSE(p.left(100));
}

TEST_CASE("pace: tells rows a second and the time for the rest", "[pace]") {
    pace p;
    for (int s = 0; s <= 10; ++s)
        p.at(at(seconds{s}), static_cast<std::uint64_t>(s) * 200);
    CHECK(p.rate() == Approx(200));
    CHECK(p.left(5000) == seconds{15});
    CHECK(p.left(2001) == seconds{1});
    CHECK(p.left(2000) == seconds{0});
    CHECK_FALSE(p.left(0)); // not known
}

TEST_CASE("pace: what came before the first row does not count", "[pace]") {
    pace p;
    for (int s = 0; s <= 20; ++s)
        p.at(at(seconds{s}), 0); // waits for a lock
    p.at(at(seconds{21}), 100);
    p.at(at(seconds{22}), 200);
    CHECK(p.rate() == Approx(100));
}

TEST_CASE("pace: is that of the last half minute", "[pace]") {
    pace p;
    std::uint64_t done = 0;
    for (int s = 0; s < 100; ++s)
        p.at(at(seconds{s}), done += 1000);
    for (int s = 100; s < 140; ++s)
        p.at(at(seconds{s}), done += 10);
    CHECK(p.rate() == Approx(10));
}

TEST_CASE("pace: is not taken from a moment that is too short, however often it is told", "[pace]") {
    pace p;
    for (int ms = 0; ms <= 5000; ms += 100)
        p.at(at(milliseconds{ms}), static_cast<std::uint64_t>(ms));
    CHECK(p.rate() == Approx(1000));
}

TEST_CASE("pace: fewer rows than before are other work", "[pace]") {
    pace p;
    p.at(at(seconds{0}), 1000);
    p.at(at(seconds{1}), 2000);
    p.at(at(seconds{2}), 5);
    CHECK(p.rate() == 0);
    p.at(at(seconds{3}), 10);
    CHECK(p.rate() == Approx(5));
}

TEST_CASE("pace: work that stands still has no end", "[pace]") {
    pace p;
    for (int s = 0; s <= 60; ++s)
        p.at(at(seconds{s}), 7);
    CHECK(p.rate() == 0);
    CHECK_FALSE(p.left(100));
}
