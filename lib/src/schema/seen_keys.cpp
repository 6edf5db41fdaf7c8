#include "schema/seen_keys.hpp"

#include <algorithm>

namespace notes_export {

std::optional<std::size_t> seen_keys::find_repeated_among(std::size_t first) {
    auto const begin = m_others.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, m_others.end(), [this](other_key const& a, other_key const& b) {
        return a.hash != b.hash ? a.hash < b.hash : text_of(a) < text_of(b);
    });
    auto const twice = std::adjacent_find(begin, m_others.end(), [this](other_key const& a, other_key const& b) {
        return a.hash == b.hash && text_of(a) == text_of(b);
    });
    if (twice == m_others.end())
        return std::nullopt;
    return static_cast<std::size_t>(twice - m_others.begin());
}

} // namespace notes_export
