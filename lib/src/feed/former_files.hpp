#pragma once

#include <string>
#include <vector>

namespace notes_export {

/// Kinds of files that were exported and are configured no longer.
struct former_files {
    std::vector<std::string> profiles; ///< templates, see entity_path
    std::vector<std::string> files;    ///< paths of indexes and of files of one row
    std::vector<std::string> shards;   ///< directories of shards

    bool empty() const noexcept { return profiles.empty() && files.empty() && shards.empty(); }
};

} // namespace notes_export
