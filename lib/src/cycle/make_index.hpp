#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/made_index.hpp"
#include "cycle/situation.hpp"

namespace notes_export {

/// Makes the index of a dataset that is touched: from the published one and what changed where that is certain, else
/// anew from the table. `unfinished`: a publication has begun, so that nothing is certain of the published one.
made_index make_index(cycle_context& c, situation const& seen, dataset_plan const& plan, bool unfinished);

/// A new index is not published after all: its file is discarded. What is known of the old one stays true, but for the
/// entries that should be others. `before` is that of the last cycle, nullptr is none; `shards` what is known of the
/// shards, of which the same is true.
void keep_old_index(staging const& stage, made_index& index, published_index const* before, shard::index_state* shards);

/// Of a few changes each costs a search in the index and a row that is read by its id; beyond that the whole table is
/// read as fast.
bool worth_merging(std::size_t changes, std::size_t profiles) noexcept;

/// How many profiles there are after these changes of entries.
struct counted_change {
    bool was_there;
    bool is_there;
};
std::size_t count_after(std::size_t before, std::vector<counted_change> const& changes) noexcept;

} // namespace notes_export
