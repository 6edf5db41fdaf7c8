#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace exportd {

/// That there are no notifications, and why.
struct deafness {
    enum class cause {
        connection, ///< no session, or it ended
        standby,    ///< the server is in recovery: it knows no LISTEN
        pooler,     ///< connected, but the proof did not arrive
        heartbeat   ///< the server does not answer on this session
    };
    cause why;
    std::string error;         ///< one line
    std::string sqlstate = {}; ///< "" if there is none
};

/// What had `within` and was not there; told in whole seconds, rounded up.
deafness too_late(deafness::cause why, std::string_view what, std::chrono::milliseconds within);

std::string_view to_string(deafness::cause c) noexcept;

} // namespace exportd
