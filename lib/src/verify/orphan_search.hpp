#pragma once

#include "verify/branches.hpp"
#include "verify/doubts.hpp"
#include "verify/profile_findings.hpp"
#include "verify/sides.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace notes_export {

/**
 * Finds files without a row, branch by branch, while the rows go by in the order of directories.
 *
 * Memory: the ids of one branch.
 */
class orphan_search {
public:
    /// `since`: a settled moment from before the first snapshot. The others outlive it.
    orphan_search(sides& s, profile_findings& found, doubts& again, sides::moment since)
        : m_sides{&s},
          m_found{&found},
          m_again{&again},
          m_branches{found.layout()},
          m_branch_since{since},
          m_snapshot_since{since} {}

    /// The rows to come are from a snapshot that was begun at that moment.
    void begin_snapshot(sides::moment since) { m_snapshot_since = since; }
    /// The next id that has a file.
    void pass(std::int64_t id) {
        close_branches(m_found->layout().branch_number(id));
        m_ids.push_back(id);
    }
    /// No id is behind the last one.
    void end() { close_branches(branches::end()); }

    /// Profiles in the tree, of all branches that are done.
    std::size_t files() const noexcept { return m_files; }

private:
    void close_branches(std::int64_t number);
    void close_branch();
    void look_at_twins();
    bool is_without_file(std::int64_t id, compression how) const;

    sides* m_sides;
    profile_findings* m_found;
    doubts* m_again;
    branches m_branches;
    std::vector<std::int64_t> m_ids; ///< of the next branch, so far
    sides::moment m_branch_since;    ///< when the snapshot was begun that the first of them are from
    sides::moment m_snapshot_since;
    std::size_t m_files = 0;
};

} // namespace notes_export
