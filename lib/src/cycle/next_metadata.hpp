#pragma once

#include "cycle/context.hpp"
#include "cycle/situation.hpp"
#include "document/metadata.hpp"
#include "publish/staging.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace notes_export {

/// What metadata.json is to say, but for date and generation.
struct tree_facts {
    std::vector<std::pair<std::string, std::uint64_t>> totals;
    std::string version;
    bool has_files = false;  ///< other files than metadata.json are written or removed
    bool unfinished = false; ///< a publication has begun, in this cycle or before
};

/// The metadata.json to publish; nullopt: the one in the tree says it already, and is not too old.
std::optional<metadata> next_metadata(cycle_context const& c, situation const& seen, tree_facts const& facts);

struct staged_metadata {
    staged_file file;
    metadata says;
};
/// The same, staged. Sets version and generation of the report. Throws validation_error when it does not fit its
/// schema.
std::optional<staged_metadata> stage_metadata(cycle_context& c, situation const& seen, tree_facts const& facts);

} // namespace notes_export
