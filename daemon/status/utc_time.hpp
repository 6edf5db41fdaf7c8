#pragma once

#include <chrono>
#include <ctime>
#include <string>

namespace exportd {

/// RFC 3339, whole seconds: 2026-11-22T16:00:00Z.
inline std::string utc_text(std::chrono::system_clock::time_point t) {
    auto const seconds = std::chrono::system_clock::to_time_t(t);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

} // namespace exportd
