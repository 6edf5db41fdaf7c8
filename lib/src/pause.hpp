#pragma once

#include <chrono>
#include <stop_token>

namespace notes_export {

/// Returns when the time is over. Throws cancelled as soon as a stop is requested. Thread: any.
void pause(std::stop_token const& stop, std::chrono::milliseconds time);

} // namespace notes_export
