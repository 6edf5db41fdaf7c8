#include "log/safe_text.hpp"

#include <notes_export/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace exportd::logging {

namespace {

using notes_export::utf8_character;

constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// Would it move the cursor, break the line, or reorder what a person reads?
bool is_unsafe(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void append_hex(std::string& out, char const* prefix, int digits, char32_t value) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%s%0*x", prefix, digits, static_cast<unsigned>(value));
    out += buffer.data();
}

void append_escape(std::string& out, char32_t c) {
    switch (c) {
    case '\n':
        out += "\\n";
        break;
    case '\r':
        out += "\\r";
        break;
    case '\t':
        out += "\\t";
        break;
    default:
        append_hex(out, c <= 0xFF ? "\\x" : "\\u", c <= 0xFF ? 2 : 4, c);
    }
}

/// Calls use(character, its bytes) for each character within max_bytes; true when the text was longer.
template <class Use>
bool for_each_character(std::string_view text, std::size_t max_bytes, Use use) {
    for (std::size_t at = 0; at < text.size();) {
        auto const c = notes_export::first_character(text.substr(at));
        if (at + c.length > max_bytes)
            return true;
        use(c, text.substr(at, c.length));
        at += c.length;
    }
    return false;
}

constexpr char no_quote = '\0';

/// `quote`: stands around the text, so that it and a backslash are escaped.
std::string safe_line(std::string_view text, std::size_t max_bytes, char quote) {
    std::string out;
    out.reserve(std::min(text.size(), max_bytes));
    auto const cut = for_each_character(text, max_bytes, [&](utf8_character c, std::string_view bytes) {
        if (!c.valid || is_unsafe(c.value)) {
            append_escape(out, c.value);
            return;
        }
        if (quote != no_quote && (c.value == '\\' || c.value == static_cast<unsigned char>(quote)))
            out += '\\';
        out += bytes;
    });
    return cut ? out.append(ellipsis) : out;
}

} // namespace

std::string valid_utf8(std::string_view text, std::size_t max_bytes) {
    std::string out;
    auto const cut = for_each_character(text, max_bytes, [&](utf8_character c, std::string_view bytes) {
        if (c.valid && c.value != 0x7F)
            out += bytes;
        else
            append_escape(out, c.value);
    });
    return cut ? out.append(ellipsis) : out;
}

std::string escaped(std::string_view text, std::size_t max_bytes) {
    return safe_line(text, max_bytes, '"');
}

std::string quoted(std::string_view text, std::size_t max_bytes) {
    char const quote = text.find('"') == std::string_view::npos ? '"' : '\'';
    return quote + safe_line(text, max_bytes, quote) + quote;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
    return safe_line(text, max_bytes, no_quote);
}

} // namespace exportd::logging
