#pragma once

#include "cycle/context.hpp"
#include "cycle/situation.hpp"
#include "document/metadata.hpp"

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

/// Throws validation_error when the text does not fit its schema.
void require_valid(schema_set const& schemas, std::string const& metadata_text);

} // namespace notes_export
