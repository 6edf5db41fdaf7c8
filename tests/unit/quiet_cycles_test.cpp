#include "support/catch.hpp"

#include "schedule/quiet_cycles.hpp"

using namespace std::chrono_literals;
using exportd::quiet_cycles;

namespace {

quiet_cycles::clock::time_point const start{100h};

} // namespace

TEST_CASE("quiet cycles: one an hour is told", "[quiet]") {
    quiet_cycles quiet;
    int told = 0;
    for (auto t = start; t < start + 24h; t += 1min)
        told += quiet.worth_telling(t) ? 1 : 0;
    CHECK(told == 24);
}

TEST_CASE("quiet cycles: none while others are told", "[quiet]") {
    quiet_cycles quiet;
    quiet.told(start);
    CHECK_FALSE(quiet.worth_telling(start + 59min));
    quiet.told(start + 59min);
    CHECK_FALSE(quiet.worth_telling(start + 118min));
    CHECK(quiet.worth_telling(start + 119min));
}
