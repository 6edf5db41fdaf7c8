#include "http/shown_url.hpp"

#include <algorithm>

namespace notes_export::http {

namespace {

std::string without_secrets(std::string_view url) {
    auto const scheme = url.find("://");
    auto const authority = scheme == std::string_view::npos ? 0 : scheme + 3;
    auto const end = std::min(url.find_first_of("/?#", authority), url.size());
    auto const at = url.substr(0, end).rfind('@');
    auto const host = at == std::string_view::npos || at < authority ? authority : at + 1;
    auto const rest = url.substr(host, std::min(url.find_first_of("?#", host), url.size()) - host);
    return std::string{url.substr(0, authority)} + std::string{rest};
}

} // namespace

std::string shown_url(std::string_view url) {
    auto shown = url.starts_with('/') ? std::string{url} : without_secrets(url);
    std::ranges::replace_if(
        shown, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    return shown;
}

} // namespace notes_export::http
