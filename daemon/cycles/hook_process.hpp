#pragma once

#include "asio.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace exportd {

/**
 * A command of the operator's shell, in a process group of its own.
 *
 * It gets /dev/null to read from, our environment and the given variables, and of our descriptors none. It has ended
 * when all of its group have: the shell itself dies of SIGTERM at once, but a git that it has begun must have the time
 * to take its index.lock away. Nothing of the group outlives this object.
 *
 * Throws  std::system_error when it cannot be started.
 * Thread  the io_context's; the handlers run there, and may destroy this object.
 */
class hook_process {
public:
    struct handlers {
        std::function<void(std::string_view bytes)> output; ///< stdout and stderr, as it comes
        std::function<void()> lingers;                      ///< the shell has ended, others of its group have not
        std::function<void(int status)> ended;              ///< exit status; 128 + n when signal n ended the shell
    };

    hook_process(asio::io_context& io, std::string const& command, std::filesystem::path const& directory,
                 std::map<std::string, std::string> const& variables, handlers on);
    ~hook_process();
    hook_process(hook_process const&) = delete;
    hook_process& operator=(hook_process const&) = delete;

    /// SIGTERM to the whole group.
    void ask_to_end() const noexcept;
    /// SIGKILL to the whole group, which is not waited for any longer.
    void kill() noexcept;

private:
    void signal(int number) const noexcept;
    void watch_process();
    void wait_for_output();
    bool read_output();
    void wait_for_group();
    void reap();

    asio::posix::stream_descriptor m_output;
    asio::posix::stream_descriptor m_process; ///< readable when the shell has ended
    asio::steady_timer m_look;                ///< for what lingers
    handlers m_on;
    bool m_killed = false;
    pid_t m_pid = -1; ///< also the number of the group; -1: reaped
    /// Gone with this object: a wait that ended just before finds out by it.
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace exportd
