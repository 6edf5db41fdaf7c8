#include "http/html_page.hpp"

#include "log/safe_text.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>

namespace exportd {

namespace {

std::string random_word() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::random_device random;
    std::string word;
    while (word.size() < 32)
        for (auto bits = random(), n = 0U; n < 8; ++n, bits >>= 4)
            word += digits[bits & 15U];
    return word;
}

} // namespace

html_page fill_page(std::string_view page, std::initializer_list<std::pair<std::string_view, std::string>> parts) {
    html_page result{random_word(), {}};
    auto const part = [&](std::string_view name) -> std::string_view {
        if (name == "nonce")
            return result.nonce;
        if (name == "style")
            return page_files::style_css;
        if (name == "script")
            return page_files::refresh_js;
        auto const found = std::ranges::find(parts, name, [](auto const& p) { return p.first; });
        if (found == parts.end())
            throw std::logic_error{"a page has no part \"" + std::string{name} + '"'};
        return found->second;
    };
    for (auto begin = page.find("{{"); begin != std::string_view::npos; begin = page.find("{{")) {
        auto const end = page.find("}}", begin);
        result.text += page.substr(0, begin);
        result.text += part(page.substr(begin + 2, end - begin - 2));
        page.remove_prefix(end + 2);
    }
    result.text += page;
    return result;
}

std::string html_text(std::string_view text, std::size_t max_bytes) {
    std::string html;
    for (char const c : logging::printable(text, max_bytes))
        switch (c) {
        case '&':
            html += "&amp;";
            break;
        case '<':
            html += "&lt;";
            break;
        case '>':
            html += "&gt;";
            break;
        case '"':
            html += "&quot;";
            break;
        case '\'':
            html += "&#39;";
            break;
        default:
            html += c;
        }
    return html;
}

} // namespace exportd
