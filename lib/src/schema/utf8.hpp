#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace notes_export {

/// Where the first character begins that is not UTF-8; npos when all are.
std::size_t find_invalid_utf8(std::string_view text) noexcept;

/// '?' in the place of each byte that is not part of a character.
std::string readable_utf8(std::string text);

/// Does the byte go on with a character that an earlier one began?
constexpr bool is_continuation(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Number of characters of a text that is UTF-8.
std::size_t code_points(std::string_view text) noexcept;

} // namespace notes_export
