#pragma once

#include "publish/file.hpp"

#include <filesystem>
#include <functional>
#include <span>

namespace notes_export {

/**
 * fsync(2) of each, several at a time: every one of them asks the disk to write out its cache, and the kernel answers
 * all that wait with one such request.
 *
 * `path_of` names the n-th for the error. Throws the first one's file_error.
 */
void sync_together(std::span<file const> files, std::function<std::filesystem::path(std::size_t)> const& path_of);

} // namespace notes_export
