#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace test {

namespace {

constexpr int patience_s = 30;

[[noreturn]] void fail(std::string const& what) {
    throw std::system_error{errno, std::generic_category(), what};
}

int connect_port(std::uint16_t port) {
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        fail("connect to port " + std::to_string(port));
    return fd;
}

int connect_path(std::filesystem::path const& path) {
    int const fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        fail("connect to " + path.string());
    return fd;
}

} // namespace

raw_connection::raw_connection(server_address const& address)
    : m_fd{std::holds_alternative<std::uint16_t>(address) ? connect_port(std::get<std::uint16_t>(address))
                                                          : connect_path(std::get<std::filesystem::path>(address))} {
    timeval const limit{patience_s, 0};
    if (::setsockopt(m_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
        fail("set a time limit");
}

raw_connection::raw_connection(raw_connection&& other) noexcept : m_fd{std::exchange(other.m_fd, -1)} {}

raw_connection::~raw_connection() {
    if (m_fd >= 0)
        ::close(m_fd);
}

bool raw_connection::send(std::string const& bytes) const {
    return ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

std::string raw_connection::receive() const {
    std::string text;
    std::array<char, 65536> block{};
    for (;;) {
        auto const n = ::recv(m_fd, block.data(), block.size(), 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return text;
        if (n < 0)
            fail("receive an answer");
        text.append(block.data(), static_cast<std::size_t>(n));
    }
}

std::string http_reply::field(std::string const& name) const {
    auto const begin = head.find("\r\n" + name + ": ");
    if (begin == std::string::npos)
        return "";
    auto const value = begin + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
}

http_reply parse_reply(std::string const& text) {
    auto const end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos)
        throw std::runtime_error{"no HTTP answer: " + text.substr(0, 200)};
    return {std::stoi(text.substr(9, 3)), text.substr(0, end + 2), text.substr(end + 4)};
}

http_reply http_get(server_address const& address, std::string const& target, std::string const& method,
                    std::string const& fields) {
    raw_connection const c{address};
    auto const host = fields.find("Host:") == std::string::npos ? "Host: localhost\r\n" : "";
    c.send(method + ' ' + target + " HTTP/1.1\r\n" + host + fields + "\r\n");
    return parse_reply(c.receive());
}

} // namespace test
