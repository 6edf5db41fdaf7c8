#pragma once

#include "publish/tree.hpp"
#include "shard/paths.hpp"

#include <string>
#include <vector>

namespace notes_export::shard {

/// Paths in a tree that are those of shards, or of a twin of one, and where something is that can be unlinked; in no
/// order. Others' files beside them are not named. Throws file_error.
std::vector<std::string> present(tree const& t, paths const& where);

} // namespace notes_export::shard
