#pragma once

#include "status/health.hpp"

#include <chrono>
#include <string>

namespace exportd {

/// What /status.json gives: one object, one line.
std::string health_json(health_state const& s, std::chrono::steady_clock::time_point now);

} // namespace exportd
