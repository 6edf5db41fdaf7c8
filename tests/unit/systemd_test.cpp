#include "support/catch.hpp"

#include "systemd.hpp"

#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace exportd;

namespace {

/// Stands for systemd: receives what is sent to NOTIFY_SOCKET.
class notify_socket {
public:
    notify_socket() : m_fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
        REQUIRE(::mkdtemp(m_directory.data()));
        auto const path = m_directory + "/notify";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        REQUIRE(::bind(m_fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~notify_socket() {
        ::unsetenv("NOTIFY_SOCKET");
        ::close(m_fd);
        ::unlink((m_directory + "/notify").c_str());
        ::rmdir(m_directory.c_str());
    }
    notify_socket(notify_socket const&) = delete;
    notify_socket& operator=(notify_socket const&) = delete;

    std::string received() {
        std::string text(4096, '\0');
        auto const size = ::recv(m_fd, text.data(), text.size(), 0);
        text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return text;
    }

private:
    int m_fd;
    std::string m_directory = "/tmp/systemd_test_XXXXXX";
};

} // namespace

TEST_CASE("systemd: each call sends its assignment", "[systemd]") {
    notify_socket systemd;
    systemd::ready();
    CHECK(systemd.received() == "READY=1");
    systemd::stopping();
    CHECK(systemd.received() == "STOPPING=1");
    systemd::watchdog_ping();
    CHECK(systemd.received() == "WATCHDOG=1");
    systemd::extend_timeout(std::chrono::seconds{30});
    CHECK(systemd.received() == "EXTEND_TIMEOUT_USEC=30000000");
    systemd::reloading();
    CHECK(systemd.received().find("RELOADING=1\nMONOTONIC_USEC=") == 0);
}

TEST_CASE("systemd: a status cannot smuggle in another assignment", "[systemd]") {
    notify_socket systemd;
    systemd::status("x\nREADY=1 \xff");
    CHECK(systemd.received() == "STATUS=x\\nREADY=1 \\xff");
}

TEST_CASE("systemd: outside systemd nothing happens", "[systemd]") {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    CHECK_NOTHROW(systemd::ready());
    CHECK_FALSE(systemd::watchdog_interval());
}

TEST_CASE("systemd: the watchdog interval is that of the unit", "[systemd]") {
    ::setenv("WATCHDOG_USEC", "60000000", 1);
    CHECK(systemd::watchdog_interval() == std::chrono::seconds{60});
    ::setenv("WATCHDOG_PID", "1", 1);
    CHECK_FALSE(systemd::watchdog_interval());
    ::unsetenv("WATCHDOG_PID");
    ::unsetenv("WATCHDOG_USEC");
}
