#pragma once

#include "shard/index_state.hpp"
#include "verify/findings.hpp"
#include "verify/sides.hpp"

namespace notes_export {

/// What is wrong with shards, or with index files that should not be there. Nothing is told of before it is certain.
struct shard_findings {
    std::size_t checked = 0; ///< files
    std::vector<drift> drifts;
};

/// Compares the shards of a dataset with those that these entries give; `pending`: rows wait that will change them.
shard_findings compare_shards(sides const& s, dataset const& d, shard::index_state const& state, bool pending);

/// What the dataset had and is to have no longer, the index as a whole or its shards, see shard::index_note.
shard_findings find_former_index_files(sides const& s, dataset const& d);

} // namespace notes_export
