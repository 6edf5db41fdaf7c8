#pragma once

#include "status/health.hpp"
#include "status/progress_text.hpp"

#include <chrono>
#include <optional>

namespace exportd {

/// How far the running cycle has come. Nothing while none runs.
std::optional<progress_figures> look_at_cycle(health_state const& s, std::chrono::steady_clock::time_point now);

} // namespace exportd
