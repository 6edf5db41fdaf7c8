#pragma once

#include <dirent.h>
#include <filesystem>
#include <functional>

namespace notes_export {

/**
 * Calls `look` for each entry of an open directory, in no order, without "." and "..". It may remove the entry.
 *
 * `path` is for errors. Throws file_error, and what `look` throws.
 */
void for_each_entry(int directory, std::filesystem::path const& path, std::function<void(dirent const&)> const& look);

} // namespace notes_export
