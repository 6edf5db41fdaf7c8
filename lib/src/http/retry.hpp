#pragma once

#include "http/client_options.hpp"
#include "http/error.hpp"

#include <chrono>
#include <ctime>
#include <optional>
#include <string_view>

namespace notes_export::http {

/// Statuses that the same request may not get a little later: 408, 429, and those of a server in trouble.
bool is_passing(int status) noexcept;
bool is_passing(failure what) noexcept;

/// The value of a Retry-After header, seconds or a date; nullopt when it is neither.
std::optional<std::chrono::milliseconds> asked_pause(std::string_view header, std::time_t now);

/**
 * How long to wait before the next attempt: any part of a time that doubles with each failed attempt ("full jitter", so
 * that many clients do not come back together), and at least what the server asked for.
 *
 * `failed` counts attempts from 1; `part` is from 0 to 1, drawn by the caller.
 */
std::chrono::milliseconds pause_before_next(patience const& limits, unsigned failed, double part,
                                            std::optional<std::chrono::milliseconds> asked);

} // namespace notes_export::http
