#include "support/freezing_proxy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace test {

namespace {

using namespace std::literals;

sockaddr_un socket_in(std::filesystem::path const& directory) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto const path = (directory / ".s.PGSQL.5432").string();
    if (path.size() >= sizeof address.sun_path)
        throw std::length_error{path + " is too long for a socket"};
    path.copy(address.sun_path, path.size());
    return address;
}

int unix_socket() {
    int const fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        throw std::system_error{errno, std::generic_category(), "socket"};
    return fd;
}

// The client's first message is its start-up packet: names and values, each with a zero byte.
std::string application_of(std::string const& startup) {
    constexpr auto key = "\0application_name\0"sv;
    auto const at = startup.find(key);
    return at == std::string::npos ? "" : std::string{startup.c_str() + at + key.size()};
}

/// Reads what there is, without waiting; false when the other side has gone.
bool read_into(int fd, std::string& text) {
    std::array<char, 65536> block{};
    auto const n = ::recv(fd, block.data(), block.size(), MSG_DONTWAIT);
    if (n > 0)
        text.append(block.data(), static_cast<std::size_t>(n));
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

bool write_from(int fd, std::string& text) {
    auto const n = ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0)
        text.erase(0, static_cast<std::size_t>(n));
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

} // namespace

struct freezing_proxy::session {
    int client;
    int server = -1; ///< -1: nothing was passed on yet
    bool ignored = false;
    std::string application;
    std::string to_server;
    std::string to_client;

    explicit session(int fd, bool ignore) : client{fd}, ignored{ignore} {}
    ~session() {
        ::close(client);
        if (server >= 0)
            ::close(server);
    }
    session(session const&) = delete;
    session& operator=(session const&) = delete;
};

freezing_proxy::freezing_proxy(std::filesystem::path const& directory, std::string const& server_directory)
    : m_server{server_directory}, m_listening{unix_socket()} {
    auto const address = socket_in(directory);
    if (::bind(m_listening, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
        ::listen(m_listening, 64) != 0 || ::pipe2(m_wake, O_CLOEXEC | O_NONBLOCK) != 0)
        throw std::system_error{errno, std::generic_category(), "proxy in " + directory.string()};
    m_thread = std::thread{[this] { run(); }};
}

freezing_proxy::~freezing_proxy() {
    {
        std::lock_guard const lock{m_mutex};
        m_ending = true;
    }
    wake();
    m_thread.join();
    for (int const fd : {m_listening, m_wake[0], m_wake[1]})
        ::close(fd);
}

void freezing_proxy::freeze(std::string const& application) {
    set(mode::frozen, application);
}
void freezing_proxy::ignore_newcomers() {
    set(mode::deaf, "");
}
void freezing_proxy::go_on() {
    set(mode::open, "");
}

void freezing_proxy::cut_after(std::size_t bytes) {
    std::lock_guard const lock{m_mutex};
    m_bytes_left = bytes;
}

void freezing_proxy::set(mode m, std::string application) {
    {
        std::lock_guard const lock{m_mutex};
        m_mode = m;
        m_frozen_application = std::move(application);
    }
    wake();
}

void freezing_proxy::wake() const {
    char const any = 0;
    [[maybe_unused]] auto const written = ::write(m_wake[1], &any, 1); // a full pipe wakes as well
}

std::size_t freezing_proxy::accepted() const {
    std::lock_guard const lock{m_mutex};
    return m_accepted;
}

bool freezing_proxy::held(session const& s) const {
    if (m_mode == mode::deaf)
        return s.ignored;
    return m_mode == mode::frozen && s.application.ends_with(m_frozen_application);
}

void freezing_proxy::accept_client() {
    int const fd = ::accept4(m_listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    ++m_accepted;
    m_sessions.emplace_back(fd, m_mode == mode::deaf);
}

/// Both directions, as far as possible now; false when one side has gone.
bool freezing_proxy::pass_on(session& s) {
    if (s.server < 0) {
        if (!read_into(s.client, s.to_server))
            return false;
        s.application = application_of(s.to_server);
        if (s.to_server.empty() || held(s))
            return true;
        s.server = unix_socket();
        auto const address = socket_in(m_server);
        if (::connect(s.server, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
            return false;
    }
    bool alive = s.to_server.size() > 0 || read_into(s.client, s.to_server);
    alive = write_from(s.server, s.to_server) && alive;
    return answer(s) && alive;
}

bool freezing_proxy::answer(session& s) {
    bool alive = true;
    if (s.to_client.empty()) {
        alive = read_into(s.server, s.to_client);
        s.to_client.resize(std::min(s.to_client.size(), m_bytes_left));
        if (m_bytes_left != std::string::npos)
            m_bytes_left -= s.to_client.size();
    }
    return write_from(s.client, s.to_client) && alive && m_bytes_left > 0;
}

void freezing_proxy::run() {
    for (;;) {
        std::vector<pollfd> watched{{m_wake[0], POLLIN, 0}, {m_listening, POLLIN, 0}};
        {
            std::lock_guard const lock{m_mutex};
            if (m_ending) {
                m_sessions.clear();
                return;
            }
            std::erase_if(m_sessions, [this](session& s) { return !held(s) && !pass_on(s); });
            for (auto const& s : m_sessions) {
                if (held(s))
                    continue;
                auto const events = [](std::string const& in, std::string const& out) {
                    return static_cast<short>((in.empty() ? POLLIN : 0) | (out.empty() ? 0 : POLLOUT));
                };
                watched.push_back({s.client, events(s.to_server, s.to_client), 0});
                if (s.server >= 0)
                    watched.push_back({s.server, events(s.to_client, s.to_server), 0});
            }
        }
        ::poll(watched.data(), watched.size(), -1);
        std::array<char, 64> bytes{};
        while (::read(m_wake[0], bytes.data(), bytes.size()) > 0) {
        }
        std::lock_guard const lock{m_mutex};
        if ((watched[1].revents & POLLIN) != 0)
            accept_client();
    }
}

} // namespace test
