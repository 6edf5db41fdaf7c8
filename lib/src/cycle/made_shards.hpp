#pragma once

#include "publish/staging.hpp"
#include "shard/index_state.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// Shards of an index as they should be in the tree.
struct made_shards {
    std::vector<staged_file> files;      ///< staged; all others in the tree have the bytes that they should have
    std::vector<std::string> removals;   ///< of names and bigrams that no entry has any more
    std::vector<std::string> not_wanted; ///< index files that are not made any more, whatever becomes of these
    shard::update_undo undo;             ///< when they are not published after all
};

} // namespace notes_export
