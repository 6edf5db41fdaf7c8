#include "mirror/git/url.hpp"

#include <algorithm>

namespace notes_export::mirror {

namespace {

/// user:password of scheme://user:password@host; "" when there is none. Of git@host:path everything is shown.
std::string_view login_of(std::string_view url) {
    auto const scheme = url.find("://");
    if (scheme == std::string_view::npos)
        return {};
    auto const begin = scheme + 3;
    auto const end = std::min(url.find('/', begin), url.size());
    auto const at = url.substr(0, end).rfind('@');
    return at == std::string_view::npos || at < begin ? std::string_view{} : url.substr(begin, at - begin);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    if (what.empty())
        return;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

} // namespace

std::string shown_git_url(std::string_view url) {
    auto const login = login_of(url);
    if (login.empty())
        return std::string{url};
    auto const begin = static_cast<std::size_t>(login.data() - url.data());
    return std::string{url.substr(0, begin)} + std::string{url.substr(begin + login.size() + 1)};
}

bool is_local_git_url(std::string_view url) {
    return url.starts_with('/') || url.starts_with("file://");
}

std::string without_secrets(std::string text, std::string_view url) {
    auto const login = login_of(url);
    if (login.empty())
        return text;
    replace_all(text, url, shown_git_url(url));
    replace_all(text, std::string{login} + '@', "");
    if (auto const colon = login.find(':'); colon != std::string_view::npos)
        replace_all(text, login.substr(colon + 1), "***");
    return text;
}

} // namespace notes_export::mirror
