#pragma once

namespace exportd {

/// How the process ends. The numbers from 64 on are those of sysexits.h; the unit file and the help text name them.
enum class exit_code : int {
    success = 0,
    failure = 1,               ///< a cycle failed, `verify` found drift, `check` warns
    not_working = 2,           ///< `check` found what keeps an export from working
    usage = 64,                ///< a wrong command line
    database_unavailable = 69, ///< `once`, `verify`, `status` only: the daemon itself waits and tries again
    software = 70,             ///< a bug
    locked = 75,               ///< another instance works on the same tree
    wrong_user = 77,           ///< asked by somebody who may not, and who could
    configuration = 78,        ///< a wrong setting or JSON schema
};

constexpr int to_int(exit_code code) noexcept {
    return static_cast<int>(code);
}

} // namespace exportd
