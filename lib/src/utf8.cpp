#include "notes_export/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>

namespace notes_export {

namespace {

/// The next byte that is not ASCII, or the end.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept {
    std::uint64_t eight = 0;
    for (; at + sizeof eight <= text.size(); at += sizeof eight) {
        std::memcpy(&eight, text.data() + at, sizeof eight);
        if ((eight & 0x8080808080808080U) != 0)
            break;
    }
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0x80U) == 0)
        ++at;
    return at;
}

/// How many bytes a character has that begins with this one, which is not ASCII; 0 when none does.
std::size_t length_from(unsigned char lead) noexcept {
    if (lead < 0xC2U || lead > 0xF4U)
        return 0;
    return lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
}

/// A longer spelling than needed, a surrogate, or too large?
bool is_character(char32_t c, std::size_t length) noexcept {
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    return c >= least[length] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
}

} // namespace

utf8_character first_character(std::string_view text) noexcept {
    auto const lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80U)
        return {lead, 1, true};
    utf8_character const none{lead, 1, false};
    auto const length = length_from(lead);
    if (length == 0 || length > text.size())
        return none;
    char32_t value = lead & (0xFFU >> (length + 1));
    for (auto const c : text.substr(1, length - 1)) {
        if (!is_continuation(c))
            return none;
        value = value << 6U | (static_cast<unsigned char>(c) & 0x3FU);
    }
    return is_character(value, length) ? utf8_character{value, length, true} : none;
}

std::size_t find_invalid_utf8(std::string_view text) noexcept {
    for (auto at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
        auto const next = first_character(text.substr(at));
        if (!next.valid)
            return at;
        at += next.length;
    }
    return std::string_view::npos;
}

std::string readable_utf8(std::string text) {
    for (auto at = find_invalid_utf8(text); at != std::string::npos; at = find_invalid_utf8(text))
        text[at] = '?';
    return text;
}

void append_utf8(std::string& to, char32_t character) {
    auto const tail = [&](unsigned shift) { to += static_cast<char>(0x80U | (character >> shift & 0x3FU)); };
    if (character < 0x80) {
        to += static_cast<char>(character);
    } else if (character < 0x800) {
        to += static_cast<char>(0xC0U | character >> 6);
        tail(0);
    } else if (character < 0x10000) {
        to += static_cast<char>(0xE0U | character >> 12);
        tail(6);
        tail(0);
    } else {
        to += static_cast<char>(0xF0U | character >> 18);
        tail(12);
        tail(6);
        tail(0);
    }
}

bool has_control_character(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

std::size_t code_points(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), std::not_fn(is_continuation)));
}

} // namespace notes_export
