#include "support/terminal.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <pty.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

terminal::terminal(std::vector<std::string> arguments, unsigned short columns,
                   std::map<std::string, std::string> const& environment) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 24;
    m_pid = ::forkpty(&m_master, nullptr, nullptr, &size);
    if (m_pid < 0)
        throw std::runtime_error{"forkpty"};
    if (m_pid == 0) {
        ::unsetenv("NO_COLOR");
        for (auto const& [name, value] : environment)
            ::setenv(name.c_str(), value.c_str(), 1);
        std::string program = EXPORTD_BINARY;
        std::vector<char*> words{program.data()};
        for (auto& a : arguments)
            words.push_back(a.data());
        words.push_back(nullptr);
        ::execv(EXPORTD_BINARY, words.data());
        ::_exit(127);
    }
    m_reader = std::thread{[this] { read(); }};
}

terminal::~terminal() {
    if (!m_status) {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
    if (m_reader.joinable())
        m_reader.join();
    ::close(m_master);
}

// Ends with EIO when nobody has the other side open any more.
void terminal::read() {
    char buffer[4096];
    for (;;) {
        auto const n = ::read(m_master, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        std::scoped_lock const lock{m_mutex};
        m_seen.append(buffer, static_cast<std::size_t>(n));
    }
}

void terminal::resize(unsigned short columns) const {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 24;
    ::ioctl(m_master, TIOCSWINSZ, &size);
}

void terminal::type(std::string const& keys) const {
    if (::write(m_master, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
        throw std::runtime_error{"write to the terminal"};
}

std::string terminal::seen() const {
    std::scoped_lock const lock{m_mutex};
    return m_seen;
}

std::optional<int> terminal::wait_exit(milliseconds deadline) {
    wait_until(
        [&] {
            int status = 0;
            if (!m_status && ::waitpid(m_pid, &status, WNOHANG) == m_pid)
                m_status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
            return m_status.has_value();
        },
        deadline);
    if (m_status && m_reader.joinable())
        m_reader.join(); // what it wrote last may still be on its way
    return m_status;
}

std::string screen(std::string const& seen) {
    std::string all, line;
    std::size_t column = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen.compare(i, 3, "\033[K") == 0) {
            line.resize(std::min(column, line.size()));
            i += 2;
        } else if (seen[i] == '\033') { // a colour
            while (i < seen.size() && seen[i] != 'm')
                ++i;
        } else if (seen[i] == '\r') {
            column = 0;
        } else if (seen[i] == '\n') {
            all += line + '\n';
            line.clear();
            column = 0;
        } else {
            line.resize(std::max(line.size(), column + 1), ' ');
            line[column++] = seen[i];
        }
    }
    return all + line;
}

} // namespace test
