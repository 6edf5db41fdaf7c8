#pragma once

#include "cycle/made_shards.hpp"
#include "index/published_index.hpp"
#include "publish/staging.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace notes_export {

/// An index as it should be in the tree.
struct made_index {
    std::optional<staged_file> file;   ///< staged; none: the one in the tree has these bytes
    published_index known;             ///< of the index as it will be in the tree
    bool merged = false;               ///< made of the published one and what changed
    std::vector<std::int64_t> changed; ///< ids whose entry may be another one than in the published index
    std::size_t left_out = 0;          ///< entries that do not fit the schema
    made_shards shards;
};

} // namespace notes_export
