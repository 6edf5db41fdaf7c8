#pragma once

#include <cerrno>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <system_error>

namespace test {

/// Stops the first thread of a child process, and no other, until the object ends.
class stopped_thread {
public:
    explicit stopped_thread(pid_t pid) : m_pid{pid} {
        int status = 0;
        if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0 ||
            ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0 || ::waitpid(pid, &status, __WALL) != pid)
            throw std::system_error{errno, std::generic_category(), "stop a thread"};
    }
    ~stopped_thread() { ::ptrace(PTRACE_DETACH, m_pid, nullptr, nullptr); }
    stopped_thread(stopped_thread const&) = delete;
    stopped_thread& operator=(stopped_thread const&) = delete;

private:
    pid_t m_pid;
};

} // namespace test
