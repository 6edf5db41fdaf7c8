#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

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

namespace notes_export {

/// What stands around the entries of an index that is made one by one.
class index_punctuation {
public:
    std::string_view before_entry() noexcept {
        return std::exchange(m_empty, false) ? index_layout::begin : index_layout::separator;
    }
    std::string end() const { return std::string{m_empty ? index_layout::begin : ""} + std::string{index_layout::end}; }

private:
    bool m_empty = true;
};

} // namespace notes_export
