#include "shard/fold.hpp"

#include <algorithm>
#include <cstddef>

namespace notes_export::shard {

namespace {

constexpr char32_t replacement = 0xFFFD;

bool goes_on(std::string_view text, std::size_t at) noexcept {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

/// 1 for what begins no character of several bytes.
std::size_t length_at(std::string_view text, std::size_t at) noexcept {
    auto const lead = static_cast<unsigned char>(text[at]);
    std::size_t const length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : lead >= 0xC2U ? 2 : 1;
    for (std::size_t i = 1; i < length; ++i)
        if (!goes_on(text, at + i))
            return 1;
    return length;
}

/// What length_at() took for a character may be a longer spelling of another one, or none.
bool is_character(char32_t c, std::size_t length) noexcept {
    constexpr char32_t least[]{0, 0, 0x80, 0x800, 0x10000};
    return c >= least[length] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
}

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
        auto const length = length_at(text, i);
        char32_t c = first & (0xFFU >> (length + 1));
        for (std::size_t n = 1; n < length; ++n)
            c = c << 6 | (static_cast<unsigned char>(text[i + n]) & 0x3FU);
        bool const good = length > 1 && is_character(c, length);
        all += good ? folded(c) : replacement;
        i += good ? length : 1;
    }
    return all;
}

void append_utf8(std::string& to, char32_t c) {
    auto const tail = [&](unsigned shift) { to += static_cast<char>(0x80U | (c >> shift & 0x3FU)); };
    if (c < 0x80) {
        to += static_cast<char>(c);
    } else if (c < 0x800) {
        to += static_cast<char>(0xC0U | c >> 6);
        tail(0);
    } else if (c < 0x10000) {
        to += static_cast<char>(0xE0U | c >> 12);
        tail(6);
        tail(0);
    } else {
        to += static_cast<char>(0xF0U | c >> 18);
        tail(12);
        tail(6);
        tail(0);
    }
}

} // namespace notes_export::shard
