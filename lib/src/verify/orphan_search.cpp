#include "verify/orphan_search.hpp"

#include <algorithm>

namespace notes_export {

/// No row of a branch before this one follows.
void orphan_search::close_branches(std::int64_t number) {
    for (; m_branches.next_is_before(number); m_branches.advance())
        close_branch();
}

void orphan_search::close_branch() {
    auto const there = m_sides->files.profile_ids(m_found->layout(), m_branches.next());
    m_files += there.size();
    std::ranges::sort(m_ids);
    bool const sure = m_sides->now() == m_branch_since;
    for (auto const id : there)
        if (!std::ranges::binary_search(m_ids, id))
            sure ? m_found->orphan(id) : m_again->add(id);
    m_ids.clear();
    m_branch_since = m_snapshot_since;
}

} // namespace notes_export
