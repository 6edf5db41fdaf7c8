#pragma once

#include "status/health.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/// How the export is, the better the earlier.
enum class condition {
    well,
    remarks,  ///< tree and database agree as far as they can, but somebody should look
    standby,  ///< another instance is at work
    copies,   ///< the tree is as it should be, but a copy of it is not: a mirror, or what after_publish does
    starting, ///< no cycle has ended yet
    held,     ///< the tree differs from the database on purpose: a guard holds something back
    behind,   ///< changes wait for too long
    failing   ///< the last cycle failed
};
/// "well", for programs.
std::string_view to_string(condition) noexcept;

/// What the status page, `status` and the service manager are told alike.
struct verdict {
    condition what = condition::well;
    std::vector<std::string> reasons; ///< one line each; whatever is not as it should be, the worst first

    /// "Up to date", for people.
    std::string_view word() const noexcept;
    /// Nobody has to do anything now.
    bool good() const noexcept { return what <= condition::standby; }
};

verdict judge(health_state const& s, std::chrono::steady_clock::time_point now);

/// One line for `systemctl status`: "Up to date, listening, last change ...".
std::string state_line(health_state const& s, std::chrono::steady_clock::time_point now);
/// Is it a state_line() of a daemon of which a cycle has ended since the start?
bool tells_an_end(std::string_view line) noexcept;

} // namespace exportd
