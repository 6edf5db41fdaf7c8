#pragma once

#include "files/file.hpp"

#include <filesystem>
#include <functional>

namespace notes_export {

/**
 * fsync(2) of so many files, several at a time: every one of them asks the disk to write out its cache, and the kernel
 * answers all that wait with one such request.
 *
 * `open` opens the n-th just for that, on any thread: few descriptors are in use, however many files there are.
 * `path_of` names it for the error, and is asked when it is open. Throws the first one's file_error.
 */
void sync_together(std::size_t count, std::function<file(std::size_t)> const& open,
                   std::function<std::filesystem::path(std::size_t)> const& path_of);

} // namespace notes_export
