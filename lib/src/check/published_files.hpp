#pragma once

#include "notes_export/check.hpp"
#include "notes_export/config.hpp"
#include "publish/tree.hpp"

#include <vector>

namespace notes_export {

/// metadata.json, indexes, documents and the version file: are they files, can this process read them, does
/// metadata.json say what it should? Those that are not there are made. Throws file_error.
std::vector<finding> examine_published_files(tree const& t, export_config const& config);

/// The place of a version file outside of the tree: can it be replaced? Empty when it is in the tree.
std::vector<finding> examine_version_place(export_config const& config);

} // namespace notes_export
