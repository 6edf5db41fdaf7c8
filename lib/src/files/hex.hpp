#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace notes_export {

/// Two lower-case hexadecimal digits for each byte, as sha256sum and git print them.
std::string hex_of(std::span<std::uint8_t const> bytes);
/// The same backwards, into all of `bytes`. false: the text is not that of so many bytes, and they are undefined.
bool read_hex(std::string_view text, std::span<std::uint8_t> bytes) noexcept;

} // namespace notes_export
