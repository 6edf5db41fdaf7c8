#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace exportd {

/// daemon/status_page/, embedded.
namespace page_files {
extern std::string_view const status_html, profile_html, style_css, refresh_js;
}

/// A finished page, and the word that allows its own style and script to the browser, and no others.
struct html_page {
    std::string nonce;
    std::string text;
};

/// Puts the parts, which are HTML, in the place of {{name}}; the style and the nonce are filled in as well. Throws
/// std::logic_error for a name that there is no part for.
html_page fill_page(std::string_view page, std::initializer_list<std::pair<std::string_view, std::string>> parts);

/// Text of others as HTML: no markup, no control or bidirectional character, valid UTF-8, at most so many bytes before
/// an ellipsis.
std::string html_text(std::string_view text, std::size_t max_bytes = 300);

} // namespace exportd
