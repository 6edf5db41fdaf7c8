#include "settings/masked.hpp"

#include <algorithm>
#include <libpq-fe.h>
#include <memory>

namespace exportd {

namespace {

constexpr std::string_view mask = "***";

struct free_options {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

// sslpassword is one as well; a password file is none.
bool is_secret(std::string_view keyword) {
    return keyword == "password" || keyword == "sslpassword";
}

void append(std::string& text, std::string_view keyword, std::string_view value) {
    text += std::string{text.empty() ? "" : " "} + std::string{keyword} + '=';
    bool const quoted = value.empty() || value.find_first_of(" '\\") != std::string_view::npos;
    text += quoted ? "'" : "";
    for (char const c : value)
        text += (c == '\'' || c == '\\' ? "\\" : "") + std::string{c};
    text += quoted ? "'" : "";
}

} // namespace

std::string masked_conninfo(std::string const& conninfo) {
    char* message = nullptr;
    std::unique_ptr<PQconninfoOption, free_options> const options{PQconninfoParse(conninfo.c_str(), &message)};
    PQfreemem(message); // quotes the string, password and all
    if (!options)
        return std::string{mask};
    std::string text;
    bool any = false;
    for (auto const* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr)
            continue;
        bool const secret = is_secret(option->keyword);
        any = any || secret;
        append(text, option->keyword, secret ? mask : std::string_view{option->val});
    }
    return any ? text : conninfo;
}

std::string masked_url(std::string_view url) {
    if (auto const query = url.find('?'); query != std::string_view::npos)
        return masked_url(url.substr(0, query)) + '?' + std::string{mask};
    auto const scheme = url.find("://");
    auto const begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    auto const authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
    auto const at = authority.rfind('@');
    if (at == std::string_view::npos)
        return std::string{url};
    auto const user = authority.substr(0, at);
    auto const colon = user.find(':');
    // git@host:path has a name; a token instead of a name is a secret.
    bool const plain = colon == std::string_view::npos && scheme == std::string_view::npos;
    if (plain)
        return std::string{url};
    auto const kept = colon == std::string_view::npos ? std::string_view{} : user.substr(0, colon + 1);
    return std::string{url.substr(0, begin)} + std::string{kept} + std::string{mask} +
           std::string{url.substr(begin + at)};
}

} // namespace exportd
