#include "mirror/shown_url.hpp"

#include <algorithm>

namespace notes_export::mirror {

std::string shown_url(std::string_view url) {
    if (url.starts_with('/')) // a path may have any of these characters
        return std::string{url};
    auto const scheme = url.find("://");
    auto const authority = scheme == std::string_view::npos ? 0 : scheme + 3;
    auto const end = std::min(url.find_first_of("/?#", authority), url.size());
    auto const at = url.substr(0, end).rfind('@');
    auto const host = at == std::string_view::npos || at < authority ? authority : at + 1;
    auto const rest = url.substr(host, std::min(url.find_first_of("?#", host), url.size()) - host);
    return std::string{url.substr(0, authority)} + std::string{rest};
}

} // namespace notes_export::mirror
