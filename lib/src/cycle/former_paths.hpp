#pragma once

#include "feed/former_files.hpp"
#include "notes_export/compression.hpp"
#include "notes_export/config.hpp"
#include "publish/tree.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// Paths, templates and directories, for people.
std::vector<std::string> names_of(former_files const& former);

/// Files of these kinds that are in the tree.
std::vector<std::string> places_of(former_files const& former, tree const& files);

/// The same, and their twins; none that is exported now.
std::vector<std::string> former_paths(former_files const& former, tree const& files, export_config const& config,
                                      compressions twins);

} // namespace notes_export
