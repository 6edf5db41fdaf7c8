#include "command/ask_daemon.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t longest_answer = std::size_t{16} << 20U;
constexpr std::string_view request = "GET /status.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// One connection that is waited for until a point in time.
class conversation {
public:
    conversation(std::filesystem::path const& path, clock::time_point until)
        : m_fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)}, m_until{until} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.native().size() >= sizeof address.sun_path)
            fail(ENAMETOOLONG);
        std::memcpy(address.sun_path, path.c_str(), path.native().size());
        if (m_fd < 0)
            fail(errno);
        // EAGAIN: too many others are being let in.
        while (::connect(m_fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
            if (errno == EAGAIN)
                pause();
            else if (errno != EINTR)
                fail(errno);
    }
    ~conversation() {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    conversation(conversation const&) = delete;
    conversation& operator=(conversation const&) = delete;

    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            wait_for(POLLOUT);
            auto const n = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n > 0)
                bytes.remove_prefix(static_cast<std::size_t>(n));
            else if (errno != EAGAIN && errno != EINTR)
                fail(errno);
        }
    }

    std::string receive() const {
        std::string all;
        std::array<char, 65536> block{};
        for (;;) {
            wait_for(POLLIN);
            auto const n = ::recv(m_fd, block.data(), block.size(), 0);
            if (n == 0)
                return all;
            if (n < 0 && errno != EAGAIN && errno != EINTR)
                fail(errno);
            all.append(block.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
            if (all.size() > longest_answer)
                fail(EMSGSIZE);
        }
    }

private:
    [[noreturn]] void fail(int error) const {
        if (m_fd >= 0)
            ::close(std::exchange(m_fd, -1));
        throw std::system_error{error, std::generic_category()};
    }
    int left() const {
        auto const ms = std::chrono::ceil<std::chrono::milliseconds>(m_until - clock::now()).count();
        if (ms <= 0)
            fail(ETIMEDOUT);
        return static_cast<int>(ms);
    }
    void wait_for(short events) const {
        pollfd socket{m_fd, events, 0};
        if (::poll(&socket, 1, left()) < 0 && errno != EINTR)
            fail(errno);
    }
    void pause() const { ::poll(nullptr, 0, std::min(left(), 50)); }

    mutable int m_fd;
    clock::time_point m_until;
};

daemon_answer answer_in(std::string const& text) {
    auto const body = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 200 ") || body == std::string::npos)
        return {"", "what listens there is no osm-notes-exportd"};
    return {text.substr(body + 4), ""};
}

} // namespace

daemon_answer ask_daemon(std::filesystem::path const& socket, std::chrono::milliseconds within) {
    try {
        conversation const daemon{socket, clock::now() + within};
        daemon.send(request);
        return answer_in(daemon.receive());
    } catch (std::system_error const& e) {
        auto const error = e.code().value();
        auto const hint = error == EACCES ? " (only root and the group of the service may ask)" : "";
        return {"", socket.string() + ": " + e.code().message() + hint, error == ENOENT || error == ECONNREFUSED};
    }
}

} // namespace exportd
