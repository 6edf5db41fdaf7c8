#pragma once

#include "notes_export/check.hpp"
#include "source/catalog.hpp"

#include <vector>

namespace notes_export {

/// Are the columns there that the configuration names, and are keys and ids integers? Each finding names the section
/// and the key that are to be mended.
std::vector<finding> examine_columns(export_config const& config, catalog const& there);

} // namespace notes_export
