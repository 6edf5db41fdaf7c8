#include "verify/profile_findings.hpp"

#include "publish/twin_path.hpp"

#include <string>

namespace notes_export {

void profile_findings::judge(profile_outcome const& outcome) {
    if (outcome.what == profile_outcome::kind::refused)
        refused(outcome);
    else if (outcome.what == profile_outcome::kind::drifted)
        differs(outcome.had_file ? drift::kind::differs : drift::kind::missing, outcome.row.id, outcome.row.pending);
    for (auto const& twin : outcome.twins)
        m_all->differs({m_files->is_removable(twin.target) ? drift::kind::differs : drift::kind::missing, twin.target,
                        outcome.row.pending, m_dataset->name, outcome.row.id});
}

void profile_findings::orphan_twin(std::int64_t id, compression how, bool pending) {
    m_all->differs({drift::kind::orphan, twin_path(m_layout.of(id), how), pending, m_dataset->name, id});
}

// Nothing is wrong with the tree: it rightly does not hold this row.
void profile_findings::refused(profile_outcome const& outcome) {
    auto const path = m_layout.of(outcome.row.id);
    m_all->warn(path + ": the row does not fit " + m_dataset->profile_schema + " (" + outcome.why.keyword + " at \"" +
                outcome.why.pointer + "\"), so its file is " + (outcome.had_file ? "the last valid one" : "missing"));
    if (!outcome.row.pending)
        differs(drift::kind::invalid, outcome.row.id, false);
    m_special.insert(outcome.row.id);
}

void profile_findings::note(work_row const& row) {
    if (row.what != work_row::role::profile)
        m_special.insert(row.id);
}

void profile_findings::warn_of_key(work_row const& row) {
    m_all->warn(m_layout.of(row.id) + ": " + m_dataset->key_column + " is NULL in the row of this id");
}

void profile_findings::warn_of_repeated(std::vector<doubled_key> const& keys) {
    for (auto const& [key, rows] : keys)
        m_all->warn(m_dataset->table + ": " + m_dataset->key_column + " = " + std::to_string(key) + " stands in " +
                    std::to_string(rows) + " rows; it should be unique");
}

} // namespace notes_export
