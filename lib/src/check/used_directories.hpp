#pragma once

#include "notes_export/config.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// The directories that files of the tree are published in, or that hold them all: relative to the root, "" is the
/// root. Each once and in order, so that none comes before the one that it is in. Of profiles the fixed first directory
/// alone.
std::vector<std::string> used_directories(export_config const& config);

} // namespace notes_export
