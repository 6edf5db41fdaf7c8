#pragma once

#include "status/health.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace exportd {

/**
 * For how long a committed change may have been waiting already, as far as this daemon can know: an upper limit, which
 * grows while the database cannot be read or cycles fail. Zero when nothing is known to wait; nullopt in standby, where
 * another instance knows.
 */
std::optional<std::chrono::steady_clock::duration> oldest_pending_age(health_state const& s, dataset_health const& d,
                                                                      std::chrono::steady_clock::time_point now);
/// The greatest of all datasets.
std::optional<std::chrono::steady_clock::duration> oldest_pending_age(health_state const& s,
                                                                      std::chrono::steady_clock::time_point now);

/// How old a waiting change, or the last look at the database, may be: three polls, at least ten minutes.
std::chrono::milliseconds readiness_limit(health_state const& s);

/// Why the published tree is not to be relied on as current, one line; "" when it is.
std::string why_not_ready(health_state const& s, std::chrono::steady_clock::time_point now);

/// Why the process is not healthy, one line; "" when its event loop runs.
std::string why_not_healthy(std::chrono::steady_clock::duration since_tick);

} // namespace exportd
