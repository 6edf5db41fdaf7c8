#include "files/hex.hpp"

namespace notes_export {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

} // namespace

std::string hex_of(std::span<std::uint8_t const> bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (auto const byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0xFU];
    }
    return text;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> bytes) noexcept {
    if (text.size() != 2 * bytes.size())
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const value = digits.find(text[i]);
        if (value == std::string_view::npos)
            return false;
        auto& byte = bytes[i / 2];
        byte = static_cast<std::uint8_t>(byte << 4U | value);
    }
    return true;
}

} // namespace notes_export
