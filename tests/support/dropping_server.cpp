#include "support/dropping_server.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace test {

namespace {

// On this machine an answer takes microseconds.
constexpr int surely_dropped_ms = 500;

int open_socket(int flags) {
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0)
        throw std::system_error{errno, std::generic_category(), "socket"};
    return fd;
}

} // namespace

dropping_server::dropping_server() : m_listening{open_socket(0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(m_listening, generic, length) != 0 || ::listen(m_listening, 0) != 0 ||
        ::getsockname(m_listening, generic, &length) != 0)
        throw std::system_error{errno, std::generic_category(), "listen on a port"};
    m_port = ntohs(address.sin_port);
    for (bool taken = true; taken;) {
        m_fillers.push_back(open_socket(SOCK_NONBLOCK));
        ::connect(m_fillers.back(), generic, length);
        pollfd connected{.fd = m_fillers.back(), .events = POLLOUT, .revents = 0};
        taken = ::poll(&connected, 1, surely_dropped_ms) > 0;
    }
}

dropping_server::~dropping_server() {
    for (int const fd : m_fillers)
        ::close(fd);
    ::close(m_listening);
}

std::size_t dropping_server::waiting() const {
    std::array<char, 32> wanted{};
    std::snprintf(wanted.data(), wanted.size(), " 0100007F:%04X 02 ", m_port); // peer, and SYN_SENT
    std::size_t all = 0;
    std::ifstream table{"/proc/net/tcp"};
    for (std::string line; std::getline(table, line);)
        all += line.find(wanted.data()) == std::string::npos ? 0U : 1U;
    return all - 1; // our own
}

} // namespace test
