#pragma once

#include "cycle/context.hpp"
#include "cycle/made_shards.hpp"
#include "cycle/situation.hpp"
#include "index/merge.hpp"
#include "shard/index_state.hpp"
#include "shard/listed_entry.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// Gives the entries of these ids, which are in rising order.
using ask_for_entries = std::function<shard::changed_texts(std::vector<std::int64_t> const&)>;

/// The state of an index that is made anew, entry by entry, in its order.
class shard_building {
public:
    shard_building(dataset const& d, std::size_t expected)
        : m_reader{d}, m_top{d.shards.top}, m_names{d.index_order.size(), expected} {}

    void add(std::int64_t id, std::string_view entry);
    struct built {
        shard::index_state state;
        bool unique; ///< no two entries have the same id, so that changes can be applied
    };
    built finish();

private:
    shard::entry_reader m_reader;
    std::size_t m_top;
    shard::listing m_names;
    std::vector<shard::top_entry> m_first;
};

/// The shards of a dataset, and what the exporter knows of them.
class index_shards_of {
public:
    index_shards_of(cycle_context const& c, dataset const& d) : m_context{&c}, m_dataset{&d} {}

    /// false: the dataset has none.
    bool wanted() const noexcept { return m_dataset->shards.make; }
    /// As they are in the tree; nullptr: that is not known.
    shard::index_state* state() const;
    /// Is an id listed? For as long as the state is what it is.
    std::function<bool(std::int64_t)> had() const;
    /// Stages the shards that these changes make others, and applies the changes to the state, which is known.
    made_shards update(std::vector<index_change> const& changes, ask_for_entries const& ask) const;

    /// All of them anew: the state is forgotten, as two need twice the memory. None when none are wanted.
    std::optional<shard_building> begin(std::size_t expected) const;
    /// Stages all that differ from those in the tree, and finds those that go; the state is known then. false: changes
    /// cannot be applied to it.
    bool finish(shard_building& building, made_shards& made) const;

private:
    cycle_context const* m_context;
    dataset const* m_dataset;
};

/// Index files that the tree has by its note, and that are not made any more.
std::vector<std::string> index_files_not_wanted(cycle_context const& c, situation const& seen, dataset const& d);

/// They are not published after all: staged files are discarded, and the state is as it was; `state` may be none.
void keep_old_shards(staging const& stage, made_shards& shards, shard::index_state* state);

} // namespace notes_export
