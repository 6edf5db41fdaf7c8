#pragma once

#include "status/health.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace exportd {

/// How far the running cycle has come.
struct running_cycle {
    std::chrono::steady_clock::duration elapsed{};
    notes_export::phase phase{};
    std::uint64_t rows_done = 0;
    std::uint64_t rows = 0;       ///< 0: not known yet
    std::optional<double> rate{}; ///< rows a second, since the begin
    std::optional<double> left{}; ///< seconds until the last row, at this rate; what follows is not in it
};

/// Nothing while none runs.
std::optional<running_cycle> look_at_cycle(health_state const& s, std::chrono::steady_clock::time_point now);

} // namespace exportd
