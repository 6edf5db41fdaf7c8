#pragma once

#include "support/wait_until.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace test {

/// The program under test on a terminal of its own, which it sees as stdin, stdout and stderr. It does not outlive this
/// object.
class terminal {
public:
    terminal(std::vector<std::string> arguments, unsigned short columns,
             std::map<std::string, std::string> const& environment);
    ~terminal();
    terminal(terminal const&) = delete;
    terminal& operator=(terminal const&) = delete;

    pid_t pid() const noexcept { return m_pid; }
    void resize(unsigned short columns) const;
    /// As from the keyboard: "\003" is Ctrl-C.
    void type(std::string const& keys) const;
    /// Everything that it wrote so far.
    std::string seen() const;
    /// Exit code; -N when signal N ended it; nullopt when it still runs.
    std::optional<int> wait_exit(milliseconds deadline = patience);

private:
    void read();

    int m_master = -1;
    pid_t m_pid = -1;
    std::optional<int> m_status;
    mutable std::mutex m_mutex;
    std::string m_seen;
    std::thread m_reader;
};

/// What is left on the screen: carriage returns and the sequences that erase a line are followed.
std::string screen(std::string const& seen);

} // namespace test
