#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

namespace test {

/// A port of 127.0.0.1, or a Unix socket.
using server_address = std::variant<std::uint16_t, std::filesystem::path>;

/// A connection that sends what it is told to, as hostile as that may be.
class raw_connection {
public:
    /// Throws when nobody listens.
    explicit raw_connection(server_address const& address);
    ~raw_connection();
    raw_connection(raw_connection&& other) noexcept;
    raw_connection(raw_connection const&) = delete;

    /// false when the server does not take it any more.
    bool send(std::string const& bytes) const;
    /// Everything until the server ends the connection. Throws when it does not in time.
    std::string receive() const;

private:
    int m_fd;
};

struct http_reply {
    int status = 0;
    std::string head; ///< status line and fields, as received
    std::string body;

    /// Value of a field, "" when there is none. The name in the case in which it is sent.
    std::string field(std::string const& name) const;
};

http_reply parse_reply(std::string const& text);

/// One request; `fields` are complete lines. Host is localhost unless the fields bring one.
http_reply http_get(server_address const& address, std::string const& target, std::string const& method = "GET",
                    std::string const& fields = "");

} // namespace test
