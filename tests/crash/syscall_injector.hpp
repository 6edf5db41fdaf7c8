#pragma once

#include "crash/watched_call.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace test {

/// What happens to one call.
struct fault {
    enum class kind {
        none,       ///< it runs
        kill,       ///< SIGKILL for the process; the call never runs
        fail,       ///< it fails with `error` and does nothing; a failed close() closes, as it does on Linux
        short_write ///< half of it is written
    };
    kind what = kind::none;
    int error = 0;
};

/// Asked for each call of interest, in the order in which they come; calls are numbered from 1 over all threads.
using fault_plan = std::function<fault(watched_call const&)>;

/**
 * Runs programs so that each of their system calls on one tree, and each message to a database server, is seen before
 * it runs and can be made to fail or be the last one.
 *
 * How: a seccomp filter with user notification. It is installed on a thread that does nothing but start the program,
 * which inherits it; so any way of starting a process will do. Counting is over all threads of the program. Needs Linux
 * 5.9 and no privileges; works the same on every architecture, as no register is touched.
 *
 * Thread: one at a time, except that the supervisor runs beside. Must outlive the programs it watches.
 */
class syscall_injector {
public:
    /// The tree need not exist yet, its parent must.
    explicit syscall_injector(std::filesystem::path const& tree, fault_plan plan = {});
    ~syscall_injector();
    syscall_injector(syscall_injector const&) = delete;
    syscall_injector& operator=(syscall_injector const&) = delete;

    /// Calls `start`; what it starts is watched. Throws what it throws. Once per injector.
    void watch(std::function<void()> const& start);

    /// From now on.
    void set_plan(fault_plan plan);

    /// Calls so far.
    std::vector<watched_call> trace() const;
    /// The first call that did not run as it was asked for.
    std::optional<watched_call> hit() const;

private:
    void supervise();
    pid_t process_of(pid_t task);
    void answer(seccomp_notif const& asked, seccomp_notif_resp& given);
    fault decide(watched_call call);
    void inject(seccomp_notif const& asked, fault const& f, seccomp_notif_resp& given);

    std::filesystem::path m_tree;
    int m_listener = -1;
    int m_stop[2] = {-1, -1}; ///< a pipe that wakes the supervisor
    std::thread m_supervisor;
    std::map<pid_t, pid_t> m_processes; ///< thread -> process
    mutable std::mutex m_mutex;
    fault_plan m_plan;
    std::vector<watched_call> m_trace;
};

} // namespace test
