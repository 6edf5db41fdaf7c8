#pragma once

#include "verify/findings.hpp"
#include "verify/sides.hpp"

#include <cstddef>
#include <cstdint>
#include <set>

namespace notes_export {

/// What the other files are compared with as well.
struct compared_profiles {
    std::set<std::int64_t> special; ///< ids that have several rows, or one that was refused or has no key
    std::size_t files = 0;          ///< profiles in the tree...
    sides::moment since;            ///< ...if nothing was published from this moment on
};

/**
 * Compares every profile of a dataset with its row, and finds profiles without a row, in the order of directories.
 *
 * What does not agree with a snapshot that may be older than the tree is compared again, with a new one, while nothing
 * is published. A snapshot holds back VACUUM, and whoever alters the tables: no one is kept for more than some minutes,
 * which a full export does as well.
 * Memory: some thousand rows, the ids of one branch of the tree, those that are to be looked at again.
 */
compared_profiles compare_profiles(sides& s, dataset const& d, findings& found);

} // namespace notes_export
