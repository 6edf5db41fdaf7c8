#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace notes_export {

/// Text of the version file, nullopt when there is none. It belongs to the operator and may be anywhere.
std::optional<std::string> read_version_file(std::filesystem::path const& path);

/// Replaces it as a whole and durably.
void write_version_file(std::filesystem::path const& path, std::string const& version);

} // namespace notes_export
