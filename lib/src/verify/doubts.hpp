#pragma once

#include "verify/profile_findings.hpp"
#include "verify/sides.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace notes_export {

/// Ids of profiles that did not agree with a snapshot from before a publication: only another look tells.
class doubts {
public:
    /// All outlive it.
    doubts(sides& s, dataset const& d, profile_findings& found) : m_sides{&s}, m_dataset{&d}, m_found{&found} {}

    void add(std::int64_t id) { m_ids.insert(id); }
    /// So many that they should be settled before there are more.
    bool are_many() const noexcept;
    /// Looks at all of them again, with new snapshots, while nothing is published. Ends the snapshot at hand.
    void settle();

private:
    void look_at(std::vector<std::int64_t> const& ids);

    sides* m_sides;
    dataset const* m_dataset;
    profile_findings* m_found;
    std::set<std::int64_t> m_ids;
};

} // namespace notes_export
