#pragma once

#include "notes_export/dataset.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace notes_export {

/**
 * The text of a published profile.
 *
 * Reads   the one path that belongs to this id of this dataset, below the root, through no symbolic link and in no
 *         other mount. Nothing else can be named.
 * Gives   nullopt when the id is below 1, there is no such file, no regular file, or one that is longer than `longest`.
 * Throws  std::system_error when it cannot be read.
 * Thread  any; needs no exporter.
 */
std::optional<std::string> read_published_profile(std::filesystem::path const& directory, dataset const& of,
                                                  std::int64_t id, std::size_t longest);

} // namespace notes_export
