// The line that shows how far a command has come.
#include "command/progress_bar.hpp"
#include "support/catch.hpp"
#include "support/wait_until.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

using namespace exportd;

namespace {

/// The stderr of this process is a terminal while it lives.
class terminal_as_stderr {
public:
    terminal_as_stderr() {
        m_master = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (m_master < 0 || ::grantpt(m_master) != 0 || ::unlockpt(m_master) != 0)
            throw std::runtime_error{"no terminal"};
        int const slave = ::open(::ptsname(m_master), O_RDWR | O_NOCTTY | O_CLOEXEC);
        m_before = ::dup(STDERR_FILENO);
        ::dup2(slave, STDERR_FILENO);
        ::close(slave);
        ::setenv("TERM", "xterm", 1);
    }
    ~terminal_as_stderr() {
        ::dup2(m_before, STDERR_FILENO);
        ::close(m_before);
        ::close(m_master);
    }
    terminal_as_stderr(terminal_as_stderr const&) = delete;
    terminal_as_stderr& operator=(terminal_as_stderr const&) = delete;

    std::string const& seen() {
        std::array<char, 4096> block{};
        for (auto n = ::read(m_master, block.data(), block.size()); n > 0;
             n = ::read(m_master, block.data(), block.size()))
            m_seen.append(block.data(), static_cast<std::size_t>(n));
        return m_seen;
    }

private:
    int m_master = -1;
    int m_before = -1;
    std::string m_seen;
};

} // namespace

TEST_CASE("progress_bar: when the work is over it goes, and none comes behind the result", "[progress]") {
    terminal_as_stderr terminal;
    progress_bar bar;
    bar.at({notes_export::phase::index, 1, 2});
    CHECK(test::wait_until([&] { return terminal.seen().find("index 50 %") != std::string::npos; }));
    bar.over();
    auto const before = terminal.seen();
    CHECK(before.ends_with("\r\033[K"));
    auto const painted_again = [&] { return terminal.seen() != before; };
    CHECK_FALSE(test::wait_until(painted_again, test::milliseconds{700}));
}
