#pragma once

#include "settings/listen_address.hpp"

#include <cstdint>
#include <filesystem>
#include <sys/types.h>

namespace exportd {

/**
 * A socket that listens, made before the daemon says that it is ready.
 *
 * A Unix socket is for its owner and group (0660). One that a crash left is replaced; a socket that somebody listens
 * on, or a file of another kind, is not touched. The end of this object removes the name, unless it is another's by
 * then.
 * Throws  std::system_error that names the address.
 */
class http_socket {
public:
    explicit http_socket(listen_address const& address);
    ~http_socket();
    http_socket(http_socket const&) = delete;
    http_socket& operator=(http_socket const&) = delete;

    int family() const noexcept { return m_family; }
    /// Port that it was bound to; 0 for a Unix socket.
    std::uint16_t port() const noexcept { return m_port; }
    /// Gives the descriptor away; the name stays this object's.
    int release() noexcept;

private:
    void bind_unix(std::filesystem::path const& path);
    void bind_tcp(listen_address const& address);

    int m_fd = -1;
    int m_family = 0;
    std::uint16_t m_port = 0;
    std::filesystem::path m_name; ///< of the Unix socket that is ours
    dev_t m_device = 0;
    ino_t m_inode = 0;
};

} // namespace exportd
