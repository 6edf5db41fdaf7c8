#include "mirror/directory/piecewise_comparison.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace notes_export::mirror {

void piecewise_comparison::add(std::string_view piece) {
    while (m_equal && !piece.empty()) {
        auto const n =
            read_up_to(m_file->fd(), std::span{m_block}.first(std::min(m_block.size(), piece.size())), m_path);
        m_equal = n > 0 && std::memcmp(m_block.data(), piece.data(), n) == 0;
        piece.remove_prefix(n);
    }
}

bool piecewise_comparison::is_equal() {
    return m_equal && read_up_to(m_file->fd(), std::span{m_block}.first(1), m_path) == 0;
}

} // namespace notes_export::mirror
