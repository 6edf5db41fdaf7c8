#pragma once

#include "shard/bigram_lists.hpp"
#include "shard/listing.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::shard {

/// An entry of top.json.
struct top_entry {
    std::int64_t id;
    std::string text; ///< as it stands in the index
};

/// What shards are made of, kept from one cycle to the next.
struct index_state {
    listing names;
    bigram_lists bigrams; ///< of these names
    std::vector<top_entry> top;
};

/// Shards whose content may be another one.
struct touched_shards {
    std::set<unsigned> names;
    std::set<bigram> bigrams;
};

/// An entry as it stands in the index, of an id that has changed; "": there is none.
using changed_texts = std::map<std::int64_t, std::string>;

/// What undoes an update.
struct update_undo {
    std::vector<listed_change> changes;
    std::vector<top_entry> top;
};

/// Applies changes to names and bigrams.
touched_shards update(index_state& state, std::span<listed_change const> changes, update_undo& undo);
/// The state is as it was before.
void take_back(index_state& state, update_undo&& undo);

/// The first `count` entries: of those that changed the new text, of others the one that was in the top before, of
/// others again what `ask` gives: that of each of some ids, which are in rising order.
std::vector<top_entry> new_top(index_state const& state, std::size_t count, changed_texts const& changed,
                               std::function<changed_texts(std::vector<std::int64_t> const&)> const& ask);

} // namespace notes_export::shard
