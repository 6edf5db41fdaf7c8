#pragma once

#include "notes_export/dataset.hpp"
#include "notes_export/report.hpp"

#include <filesystem>
#include <vector>

namespace notes_export {

/**
 * Which published files of one row their readers cannot use, and why: not there, damaged, or without a value that
 * document::needed names. Nothing, as long as nothing is published.
 *
 * Reads   at most 16 MB of each.
 * Throws  std::system_error when the tree cannot be read. Thread: any.
 */
std::vector<refused_document> unusable_documents(std::filesystem::path const& root,
                                                 std::vector<document> const& documents);

} // namespace notes_export
