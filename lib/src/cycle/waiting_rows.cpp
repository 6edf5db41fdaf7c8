#include "cycle/waiting_rows.hpp"

#include <algorithm>

namespace notes_export {

waiting_rows::waiting_rows(std::span<work_row const> rows) {
    for (auto const& row : rows)
        m_rows[row.key].push_back({row});
}

waiting_rows::waiting* waiting_rows::find(row_name document) {
    auto const rows = m_rows.find(document.key);
    if (rows == m_rows.end())
        return nullptr;
    auto const found = std::ranges::find(rows->second, document.id, [](waiting const& w) { return w.row.id; });
    return found == rows->second.end() ? nullptr : &*found;
}

} // namespace notes_export
