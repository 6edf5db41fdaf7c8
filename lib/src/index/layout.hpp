#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// How an index is laid out: as PostgreSQL's json_agg prints an array, and a newline at the end.
namespace notes_export::index_layout {

inline constexpr std::string_view begin = "[";
inline constexpr std::string_view separator = ", \n ";
inline constexpr std::string_view end = "]\n";

/// Bytes of an index with so many entries, which have so many bytes together.
constexpr std::uint64_t size(std::size_t entries, std::uint64_t bytes) noexcept {
    return begin.size() + bytes + (entries == 0 ? 0 : (entries - 1) * separator.size()) + end.size();
}

} // namespace notes_export::index_layout
