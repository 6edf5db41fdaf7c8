#pragma once

#include "notes_export/feed.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/// Many paths, of which only digests are kept: 16 bytes each. Paths are added first and asked for then.
class path_set {
public:
    void add(std::string_view path);
    void sort();
    /// After sort().
    bool contains(std::string_view path) const;
    std::size_t size() const noexcept { return m_digests.size(); }

private:
    using digest = std::array<std::uint8_t, 16>;
    static digest of(std::string_view path);

    std::vector<digest> m_digests;
};

} // namespace notes_export::mirror
