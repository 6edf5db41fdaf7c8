#include "shard/fold.hpp"

#include "notes_export/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace notes_export::shard {

namespace {

constexpr char32_t replacement = 0xFFFD;

} // namespace

char32_t folded(char32_t c) noexcept {
    auto const ranges = fold_ranges();
    auto const next = std::ranges::upper_bound(ranges, c, {}, &fold_range::first);
    if (next == ranges.begin())
        return c;
    auto const& range = *std::prev(next);
    bool const is_in = c <= range.last && (c - range.first) % range.step == 0;
    return is_in ? static_cast<char32_t>(static_cast<std::int32_t>(c) + range.delta) : c;
}

std::u32string folded(std::string_view text) {
    std::u32string all;
    all.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        auto const first = static_cast<unsigned char>(text[i]);
        if (first < 0x80U) {
            all += first >= 'A' && first <= 'Z' ? static_cast<char32_t>(first + ('a' - 'A')) : char32_t{first};
            ++i;
            continue;
        }
        auto const next = first_character(text.substr(i));
        all += next.valid ? folded(next.value) : replacement;
        i += next.length;
    }
    return all;
}

} // namespace notes_export::shard
