#pragma once

#include "notes_export/dataset.hpp"
#include "shard/index_state.hpp"

#include <span>
#include <string>
#include <vector>

namespace notes_export::shard {

/// Pairs [name, id], one a line: of a names shard, or of a bigram.
std::string pairs_text(listing const& names, std::span<slot const> entries);
/// Laid out as the index is.
std::string top_text(std::vector<top_entry> const& top);
/// shards.json: how a reader finds the others.
std::string about_text(dataset const& d);

} // namespace notes_export::shard
