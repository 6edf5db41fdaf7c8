#include "mirror/source/http_failure.hpp"

#include "http/shown_url.hpp"

#include <string_view>

namespace notes_export::mirror {

namespace {

struct trouble {
    char const* kind;
    char const* remedy;
};

trouble trouble_of(http::failure what) {
    switch (what) {
    case http::failure::unresolved:
        return {"unresolved", "check the host in `from`, and the name server of this machine (getent hosts NAME)"};
    case http::failure::unreachable:
        return {"unreachable", "is the web server up, its port right, and no firewall in between?"};
    case http::failure::tls:
        return {"tls",
                "check the server's certificate, and this machine's clock and CA certificates; for a certificate "
                "of one's own set SSL_CERT_FILE"};
    case http::failure::slow:
        return {"slow", "nothing: it is tried again; if it stays so, look at the server and the network"};
    case http::failure::broken:
        return {"broken", "nothing: it is tried again; if it stays so, look at the server, or a proxy in between"};
    case http::failure::too_long:
        return {"too_long", "is `from` the address of a published tree? Look at what the server sends there"};
    case http::failure::refused:
        break;
    }
    return {"bad_url", "correct `from`"};
}

struct meaning {
    char const* kind;
    char const* text;
    char const* remedy;
};

meaning meaning_of(int status) {
    constexpr int unauthorized = 401, forbidden = 403, too_many = 429, first_server_error = 500, last_redirect = 399;
    if (status == unauthorized)
        return {"forbidden", "the server wants a user and a password",
                "ask its operator; from = https://USER:PASSWORD@host/path has them"};
    if (status == forbidden)
        return {"forbidden", "the server does not allow it", "ask its operator to let this machine read the tree"};
    if (status == too_many)
        return {"slow_down", "the server asks for fewer requests", "raise `min_interval` and `poll_interval`"};
    if (status >= first_server_error)
        return {"server_error", "the server is in trouble", "nothing: it is tried again; its operator may know more"};
    if (status > 2 * 100 && status <= last_redirect)
        return {"unexpected_answer", "the server sends no file", "look at what the server sends there"};
    return {"unexpected_answer", "that is no answer to a request for a file", "look at what the server sends there"};
}

} // namespace

source_error http_failure(http::transport_error const& e) {
    auto const [kind, remedy] = trouble_of(e.what_failed());
    return {kind, e.what(), remedy};
}

source_error http_failure(std::string const& url, http::response const& answer) {
    auto const [kind, text, remedy] = meaning_of(answer.status);
    return {kind, "GET " + http::shown_url(url) + ": status " + std::to_string(answer.status) + ", " + text, remedy};
}

} // namespace notes_export::mirror
