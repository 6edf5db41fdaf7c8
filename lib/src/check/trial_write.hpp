#pragma once

#include <filesystem>

namespace notes_export {

/// Writes a block to a file without a name in this open directory: nobody sees it, and it is gone when that ends. On a
/// file system without such files only the rights are looked at. Throws file_error when that is not possible.
void try_to_write(int directory, std::filesystem::path const& path);

} // namespace notes_export
