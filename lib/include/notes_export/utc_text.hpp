#pragma once

#include <chrono>
#include <string>

namespace notes_export {

/// RFC 3339, whole seconds: 2026-11-22T16:00:00Z. Thread: any.
std::string utc_text(std::chrono::sys_seconds t);

inline std::string utc_text(std::chrono::system_clock::time_point t) {
    return utc_text(std::chrono::floor<std::chrono::seconds>(t));
}

} // namespace notes_export
