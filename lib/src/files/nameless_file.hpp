#pragma once

#include "files/file.hpp"

#include <filesystem>

namespace notes_export {

/// For reading and writing, on the disk of that directory, gone when it is closed: what is too large for memory. Only
/// its owner may read it. Throws file_error. Thread: any.
file nameless_file(std::filesystem::path const& directory);

} // namespace notes_export
