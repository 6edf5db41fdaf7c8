#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace exportd {

/// Where the HTTP server listens: nowhere, on a loopback address, or on a Unix socket.
struct listen_address {
    std::string host;             ///< numeric, "127.0.0.1" or "::1"; "" is not TCP
    std::uint16_t port = 0;       ///< 0: any free one
    std::filesystem::path socket; ///< absolute; "" is no Unix socket

    bool off() const noexcept { return host.empty() && socket.empty(); }
    /// As it is written in the configuration.
    std::string text() const;
    bool operator==(listen_address const&) const = default;
};

/// Empty, `127.0.0.1:9847`, `[::1]:9847` or `unix:/path`. Throws bad_value, also for whatever others could reach.
listen_address parse_listen_address(std::string_view text);

} // namespace exportd
