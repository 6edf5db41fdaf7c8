#include "http/socket.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace exportd {

namespace {

[[noreturn]] void fail(std::string const& what, int error) {
    throw std::system_error{error, std::generic_category(), what};
}

int open_socket(int family) {
    int const fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        fail("make a socket for [http] listen", errno);
    return fd;
}

sockaddr_un address_of(std::filesystem::path const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.native().size()); // its length was checked with the setting
    return address;
}

bool somebody_listens(sockaddr_un const& address) {
    int const fd = open_socket(AF_UNIX);
    int const result = ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address);
    int const error = errno;
    ::close(fd);
    return result == 0 || error != ECONNREFUSED;
}

void remove_left_over(std::filesystem::path const& path, sockaddr_un const& address) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return errno == ENOENT ? void() : fail("look at " + path.string(), errno);
    if (!S_ISSOCK(info.st_mode))
        fail("listen on unix:" + path.string() + ": it is not a socket and is left alone", EEXIST);
    if (somebody_listens(address))
        fail("listen on unix:" + path.string(), EADDRINUSE);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        fail("remove the socket that a crash left at " + path.string(), errno);
}

} // namespace

http_socket::http_socket(listen_address const& address) {
    try {
        if (address.socket.empty())
            bind_tcp(address);
        else
            bind_unix(address.socket);
        if (::listen(m_fd, SOMAXCONN) != 0)
            fail("listen on " + address.text(), errno);
    } catch (...) {
        if (m_fd >= 0)
            ::close(m_fd);
        throw;
    }
}

http_socket::~http_socket() {
    if (m_fd >= 0)
        ::close(m_fd);
    struct stat info {};
    if (!m_name.empty() && ::lstat(m_name.c_str(), &info) == 0 && info.st_dev == m_device && info.st_ino == m_inode)
        ::unlink(m_name.c_str()); // a name that stays is replaced by the next start
}

int http_socket::release() noexcept {
    return std::exchange(m_fd, -1);
}

void http_socket::bind_unix(std::filesystem::path const& path) {
    auto const address = address_of(path);
    remove_left_over(path, address);
    m_family = AF_UNIX;
    m_fd = open_socket(AF_UNIX);
    // The name gets the mode of the socket, less the umask: at no moment is it open to more.
    if (::fchmod(m_fd, 0660) != 0 || ::bind(m_fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        fail("listen on unix:" + path.string(), errno);
    struct stat info {};
    if (::chmod(path.c_str(), 0660) != 0 || ::lstat(path.c_str(), &info) != 0)
        fail("set the mode of " + path.string(), errno);
    m_name = path;
    m_device = info.st_dev;
    m_inode = info.st_ino;
}

void http_socket::bind_tcp(listen_address const& address) {
    sockaddr_in6 v6{};
    sockaddr_in v4{};
    bool const is_v6 = address.host.find(':') != std::string::npos;
    m_family = is_v6 ? AF_INET6 : AF_INET;
    v6.sin6_family = AF_INET6;
    v4.sin_family = AF_INET;
    v6.sin6_port = v4.sin_port = htons(address.port);
    if (::inet_pton(m_family, address.host.c_str(), is_v6 ? static_cast<void*>(&v6.sin6_addr) : &v4.sin_addr) != 1)
        fail("listen on " + address.text(), EINVAL);
    m_fd = open_socket(m_family);
    auto* const bound = is_v6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
    socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
    int const yes = 1; // connections of the daemon before us may still be in TIME_WAIT
    if (::setsockopt(m_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 || ::bind(m_fd, bound, size) != 0 ||
        ::getsockname(m_fd, bound, &size) != 0)
        fail("listen on " + address.text(), errno);
    m_port = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
}

} // namespace exportd
