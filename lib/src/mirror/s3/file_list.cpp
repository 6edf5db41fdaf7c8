#include "mirror/s3/file_list.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace notes_export::mirror {

void file_list::add(std::string_view path, std::uint64_t size) {
    if (path.size() > std::numeric_limits<std::uint16_t>::max() ||
        m_paths.size() + path.size() > std::numeric_limits<std::uint32_t>::max())
        throw std::length_error{"the paths of the tree are longer than 4 GB"};
    entry e;
    e.size = size;
    e.place = static_cast<std::uint32_t>(m_paths.size());
    e.length = static_cast<std::uint16_t>(path.size());
    m_paths += path;
    m_entries.push_back(e);
}

void file_list::sort() {
    std::sort(m_entries.begin(), m_entries.end(),
              [this](entry const& a, entry const& b) { return path_of(a) < path_of(b); });
}

std::optional<std::size_t> file_list::find(std::string_view path) const {
    auto const at = std::lower_bound(m_entries.begin(), m_entries.end(), path,
                                     [this](entry const& e, std::string_view p) { return path_of(e) < p; });
    if (at == m_entries.end() || path_of(*at) != path)
        return std::nullopt;
    return static_cast<std::size_t>(at - m_entries.begin());
}

} // namespace notes_export::mirror
