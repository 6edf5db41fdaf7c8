#pragma once

#include "cycle/profile_outcome.hpp"
#include "notes_export/compression.hpp"
#include "notes_export/dataset.hpp"
#include "publish/tree.hpp"
#include "source/work_list.hpp"
#include "verify/findings.hpp"

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace notes_export {

/// What is found of the profiles of one dataset. What it is given must be certain.
class profile_findings {
public:
    /// All outlive it.
    profile_findings(dataset const& d, tree const& files, findings& all)
        : m_dataset{&d}, m_layout{d.path}, m_files{&files}, m_all{&all} {}

    entity_path const& layout() const noexcept { return m_layout; }

    void checked(std::size_t files) { m_all->checked(files); }
    void judge(profile_outcome const& outcome);
    /// A file without a row.
    void orphan(std::int64_t id) { differs(drift::kind::orphan, id, false); }
    /// A twin without its file, or of a kind that is not made any more, which the next cycle removes.
    void orphan_twin(std::int64_t id, compression how, bool pending);

    void note(work_row const& row);
    void warn_of_key(work_row const& row);
    void warn_of_repeated(std::vector<doubled_key> const& keys);

    /// Ids that have several rows, or one that was refused or has no key.
    std::set<std::int64_t> take_special() noexcept { return std::move(m_special); }

private:
    void refused(profile_outcome const& outcome);
    void differs(drift::kind what, std::int64_t id, bool pending) {
        m_all->differs({what, m_layout.of(id), pending, m_dataset->name, id});
    }

    dataset const* m_dataset;
    entity_path m_layout;
    tree const* m_files;
    findings* m_all;
    std::set<std::int64_t> m_special;
};

} // namespace notes_export
