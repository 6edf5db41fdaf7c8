#pragma once

#include "notes_export/config.hpp"

#include <filesystem>
#include <vector>

namespace notes_export {

/// The JSON Schemas that the documents of an export are checked against; none when nothing is to be checked.
std::vector<std::filesystem::path> schema_files(export_config const& config);

} // namespace notes_export
