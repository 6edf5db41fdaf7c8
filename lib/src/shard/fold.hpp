#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace notes_export::shard {

/// Characters first, first + step, ... last become others by adding `delta`.
struct fold_range {
    char32_t first, last;
    std::uint32_t step;
    std::int32_t delta;
};

/**
 * How names are compared when upper and lower case are one: Unicode's simple case folding, character by character and
 * without a locale. In rising order, none within another. The table is published with the shards (shards.json), so that
 * readers fold as we do whatever version of Unicode they know.
 */
std::span<fold_range const> fold_ranges() noexcept;

char32_t folded(char32_t c) noexcept;

/// The characters of UTF-8 text, each folded; U+FFFD for each byte that is not part of one.
std::u32string folded(std::string_view text);

} // namespace notes_export::shard
