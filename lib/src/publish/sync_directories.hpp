#pragma once

#include "publish/tree.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// Returns when these directories of the tree, in any order and each as often as it comes, are on disk. Throws
/// file_error.
void sync_directories(tree const& t, std::vector<std::string> directories);

} // namespace notes_export
