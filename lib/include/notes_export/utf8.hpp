#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// UTF-8 as RFC 3629 has it: no longer spelling than needed, no surrogates, nothing above U+10FFFF. Thread: any.
namespace notes_export {

struct utf8_character {
    char32_t value;     ///< of a byte that is part of no character, that byte
    std::size_t length; ///< in bytes
    bool valid;
};

/// What a text begins with that is not empty.
utf8_character first_character(std::string_view text) noexcept;

/// Where the first byte is that is part of no character; npos when there is none.
std::size_t find_invalid_utf8(std::string_view text) noexcept;

inline bool is_utf8(std::string_view text) noexcept {
    return find_invalid_utf8(text) == std::string_view::npos;
}

/// '?' in the place of each byte that is part of no character.
std::string readable_utf8(std::string text);

/// Appends a character, which is none of the surrogates.
void append_utf8(std::string& to, char32_t character);

/// Does the byte go on with a character that an earlier one began?
constexpr bool is_continuation(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// One that is not for a line of text: below the space, or DEL.
bool has_control_character(std::string_view text) noexcept;

/// Number of characters of a text that is UTF-8.
std::size_t code_points(std::string_view text) noexcept;

} // namespace notes_export
