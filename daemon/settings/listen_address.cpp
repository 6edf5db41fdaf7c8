#include "settings/listen_address.hpp"

#include "settings/values.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <optional>
#include <sys/un.h>

namespace exportd {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view how_to_write = " (write 127.0.0.1:9847, [::1]:9847 or unix:/path)";

enum class reach { not_an_address, loopback, others };

reach reach_of(std::string const& host, bool v6) {
    in_addr v4_address{};
    in6_addr v6_address{};
    if (v6) {
        if (::inet_pton(AF_INET6, host.c_str(), &v6_address) != 1)
            return reach::not_an_address;
        return IN6_IS_ADDR_LOOPBACK(&v6_address) ? reach::loopback : reach::others;
    }
    if (::inet_pton(AF_INET, host.c_str(), &v4_address) != 1)
        return reach::not_an_address;
    return ntohl(v4_address.s_addr) >> 24 == IN_LOOPBACKNET ? reach::loopback : reach::others;
}

std::uint16_t parse_port(std::string_view text, std::string_view whole) {
    std::uint16_t port = 0;
    auto const end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, port);
    if (parsed.ec != std::errc{} || parsed.ptr != end)
        throw bad_value{in_quotes(whole) + " has no port from 0 to 65535" + std::string{how_to_write}};
    return port;
}

listen_address parse_unix(std::string_view path, std::string_view whole) {
    listen_address address;
    address.socket = parse_absolute_path(path);
    if (address.socket.native().size() >= sizeof sockaddr_un{}.sun_path)
        throw bad_value{in_quotes(whole) + " is too long for a socket (" +
                        std::to_string(sizeof sockaddr_un{}.sun_path - 1) + " bytes)"};
    return address;
}

} // namespace

std::string listen_address::text() const {
    if (off())
        return "";
    if (!socket.empty())
        return std::string{unix_prefix} + socket.string();
    bool const v6 = host.find(':') != std::string::npos;
    return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

listen_address parse_listen_address(std::string_view text) {
    if (text.empty())
        return {};
    if (text.starts_with(unix_prefix))
        return parse_unix(text.substr(unix_prefix.size()), text);
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos)
        throw bad_value{in_quotes(text) + " is not an address with a port" + std::string{how_to_write}};
    auto host = text.substr(0, colon);
    bool const v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (v6)
        host = host.substr(1, host.size() - 2);
    listen_address address{std::string{host}, parse_port(text.substr(colon + 1), text), {}};
    switch (reach_of(address.host, v6)) {
    case reach::not_an_address:
        throw bad_value{in_quotes(text) + " does not name a numeric address" + std::string{how_to_write}};
    case reach::others:
        throw bad_value{in_quotes(text) +
                        " can be reached by other hosts, and there is neither encryption nor a password"
                        " here: listen on loopback or a Unix socket and put a web server in front"};
    case reach::loopback:
        break;
    }
    return address;
}

} // namespace exportd
