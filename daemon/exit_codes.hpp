#pragma once

#include <cerrno>
#include <system_error>

namespace exportd {

/// How the process ends. The numbers from 64 on are those of sysexits.h; the unit file and the help text name them.
enum class exit_code : int {
    success = 0,
    failure = 1,               ///< a cycle failed, `verify` found drift, `status` something bad, `check` warns
    down = 2,                  ///< `status`: no daemon is running; `check`: an export would not work
    not_verified = 3,          ///< `verify` could not find out whether there is drift; a mirror's step failed
    not_listed = 3,            ///< `changes`: the feed does not tell
    usage = 64,                ///< a wrong command line
    database_unavailable = 69, ///< `once` only: the daemon itself waits and tries again
    software = 70,             ///< a bug
    locked = 75,               ///< another instance works on the same tree
    wrong_user = 77,           ///< asked by somebody who may not, and who could
    configuration = 78, ///< a wrong setting or JSON schema; a directory, file or socket that cannot be used as it is
};

constexpr int to_int(exit_code code) noexcept {
    return static_cast<int>(code);
}

/// Of a failed operation on a file or an address: configuration when nothing but a change by somebody helps, so that to
/// start again is of no use; failure when it may be over a moment later.
inline exit_code exit_code_of(std::system_error const& e) noexcept {
    for (int const lasting :
         {EACCES, EPERM, EROFS, ENOENT, EEXIST, ENOTDIR, EISDIR, ELOOP, EXDEV, ENAMETOOLONG, ENOSYS, EADDRINUSE})
        if (e.code() == std::error_code{lasting, std::generic_category()})
            return exit_code::configuration;
    return exit_code::failure;
}

} // namespace exportd
