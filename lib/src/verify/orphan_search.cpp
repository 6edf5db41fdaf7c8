#include "verify/orphan_search.hpp"

#include "publish/twin_path.hpp"

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
    look_at_twins();
    m_ids.clear();
    m_branch_since = m_snapshot_since;
}

void orphan_search::look_at_twins() {
    auto const& plan = m_sides->twins;
    if (plan.ours().none())
        return;
    for (auto const& [id, how] : m_sides->files.profile_twins(m_found->layout(), m_branches.next()))
        if (plan.ours().has(how) && (!plan.make.kinds.has(how) || is_without_file(id, how)))
            m_found->orphan_twin(id, how, plan.changed());
}

// A twin comes after its file and goes before it, also while others publish.
bool orphan_search::is_without_file(std::int64_t id, compression how) const {
    auto const& files = m_sides->files;
    auto const path = m_found->layout().of(id);
    return !files.is_removable(path) && files.is_removable(twin_path(path, how)) && !files.is_removable(path);
}

} // namespace notes_export
