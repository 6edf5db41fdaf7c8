#pragma once

#include "notes_export/compression.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// Kinds of files that were exported and are configured no longer.
struct former_files {
    std::vector<std::string> profiles; ///< templates, see entity_path
    std::vector<std::string> files;    ///< paths of indexes and of files of one row
    std::vector<std::string> shards;   ///< directories of shards
    compressions twins;                ///< of all files, whatever is configured

    bool empty() const noexcept { return profiles.empty() && files.empty() && shards.empty() && twins.none(); }
};

} // namespace notes_export
