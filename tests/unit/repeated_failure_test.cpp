#include "support/catch.hpp"

#include "schedule/repeated_failure.hpp"

using namespace std::chrono_literals;
using exportd::repeated_failure;

namespace {

repeated_failure::clock::time_point const start{100s};

} // namespace

TEST_CASE("repeated_failure: the same is known until the reminder is due", "[repeated]") {
    repeated_failure failure;
    CHECK_FALSE(failure.known("no server", start));
    CHECK(failure.known("no server", start + 1min));
    CHECK(failure.known("no server", start + 9min));
    CHECK_FALSE(failure.known("no server", start + 10min));
    CHECK(failure.known("no server", start + 11min));
}

TEST_CASE("repeated_failure: another one is new, and so is the same after a success", "[repeated]") {
    repeated_failure failure;
    failure.known("no server", start);
    CHECK_FALSE(failure.known("no table", start + 1s));
    CHECK_FALSE(failure.known("no server", start + 2s));
    failure.over();
    CHECK_FALSE(failure.known("no server", start + 3s));
}
