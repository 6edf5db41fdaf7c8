#include "cycle/removal_window.hpp"

#include "support/catch.hpp"

using notes_export::removal_window;

namespace {

constexpr std::int64_t hour = 3600;
constexpr std::int64_t now = 500'000 * hour;

} // namespace

TEST_CASE("removal window: a fifth may go, more may not", "[removal]") {
    CHECK_FALSE(removal_window{}.judge("users", {300, 240, 60}, now, false).refused);
    auto const verdict = removal_window{}.judge("users", {300, 239, 61}, now, false);
    CHECK(verdict.refused);
    CHECK(verdict.going == 61);
    CHECK(verdict.of == 300);
}

TEST_CASE("removal window: a handful may always go", "[removal]") {
    CHECK_FALSE(removal_window{}.judge("users", {10, 0, 10}, now, false).refused);
    CHECK(removal_window{}.judge("users", {11, 0, 11}, now, false).refused);
}

TEST_CASE("removal window: portions of a day are one removal", "[removal]") {
    removal_window window;
    CHECK_FALSE(window.judge("users", {300, 260, 40}, now, false).refused);
    CHECK(window.judge("users", {300, 260, 40}, now, false).let_pass == 40);
    auto const second = window.judge("users", {260, 225, 35}, now + 3 * hour, false);
    CHECK(second.refused);
    CHECK(second.going == 75);
    CHECK(second.of == 300);
    CHECK_FALSE(window.judge("countries", {250, 240, 10}, now, false).refused); // each dataset by itself
}

TEST_CASE("removal window: a day later it begins anew", "[removal]") {
    removal_window window;
    window.judge("users", {300, 260, 40}, now, false);
    CHECK(window.judge("users", {260, 225, 35}, now + 23 * hour, false).refused);
    CHECK_FALSE(window.judge("users", {260, 225, 35}, now + 26 * hour, false).refused);
}

TEST_CASE("removal window: what was allowed is forgotten", "[removal]") {
    removal_window window;
    window.judge("users", {300, 260, 40}, now, false);
    CHECK_FALSE(window.judge("users", {260, 20, 240}, now, true).refused);
    CHECK_FALSE(window.judge("users", {20, 18, 2}, now, false).refused);
}

TEST_CASE("removal window: growing is never refused, whatever went before", "[removal]") {
    removal_window window;
    window.judge("users", {300, 260, 40}, now, false);
    CHECK_FALSE(window.judge("users", {200, 201, 0}, now, false).refused);
}

TEST_CASE("removal window: survives a restart, and a clock that was ahead", "[removal]") {
    removal_window window;
    window.judge("users", {300, 260, 40}, now + 1000 * hour, false);
    CHECK(window.worth_remembering());
    auto again = removal_window::parse(window.text());
    CHECK_FALSE(again.worth_remembering());
    CHECK(again.judge("users", {260, 225, 35}, now, false).refused);
    CHECK_FALSE(again.judge("users", {260, 225, 35}, now + 26 * hour, false).refused);
    for (auto const* const damaged : {"", "\n\n", "users", "users x 5\n", "users 5 -1\n", "\xff \xff \xff"})
        CHECK_FALSE(removal_window::parse(damaged).judge("users", {300, 290, 10}, now, false).refused);
}
