#pragma once

#include <chrono>
#include <functional>
#include <poll.h>

namespace test {

using milliseconds = std::chrono::milliseconds;

/// Long enough for every machine: only a test that fails waits as long as this.
inline constexpr milliseconds patience{30'000};

/// Asks again and again until the condition holds or the time is over; the last answer.
inline bool wait_until(std::function<bool()> const& condition, milliseconds deadline = patience) {
    constexpr int ask_again_ms = 5;
    auto const end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end)
            return condition(); // this process itself may have been stopped in between
        ::poll(nullptr, 0, ask_again_ms);
    }
    return true;
}

} // namespace test
