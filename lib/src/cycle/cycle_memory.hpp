#pragma once

#include "cycle/quarantine.hpp"
#include "index/published_index.hpp"
#include "shard/index_state.hpp"
#include "source/catalog.hpp"
#include "source/snapshot.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace notes_export {

/// The indexes of the last complete cycle that looked at them, by dataset. The entries of one that is not here were
/// never checked as a whole.
struct index_memory {
    std::map<std::string, published_index> published;
    std::map<std::string, shard::index_state> shards; ///< of datasets that have them, as they are in the tree
    std::set<std::string> large;                      ///< datasets whose index was reported to be near the limit
    std::optional<std::string> noted; ///< of published, as it is written in the tree; none: not looked at yet

    /// Whatever is in the tree.
    void forget() noexcept;
};

/// What is known of the row of json_export_state that was not written.
struct unwritten_state {
    std::optional<std::string> database; ///< that we published from last without saying so in it
    bool cannot_be_made = false;         ///< there is no row, and our role may not insert one
};

/// What the cycles of one exporter know of those before them. All of it may be lost: the next cycle looks at more then.
struct cycle_memory {
    bool tree_replaced = false;         ///< since the last full export: whatever else is remembered is of another tree
    catalog columns;                    ///< of the last complete cycle
    std::optional<row_digests> digests; ///< of the last complete cycle: for detection where no trigger watches
    std::set<std::string> remarks;      ///< of the catalog, reported already
    std::map<std::string, std::set<std::int64_t>> look_again; ///< dataset -> keys of rows, pending or not
    quarantine refused;
    std::map<std::string, std::string> refused_documents; ///< path -> why it was refused, and that was reported
    bool marks_watched = false; ///< journal::begin_marking() was of this process, which knows the rows
    bool without_twins = false; ///< the tree has none of ours
    unwritten_state state;
    index_memory indexes;

    /// A refused row is looked at again, also when its flag could not be cleared.
    void look_again_at(std::vector<quarantined_row> const& rows);
    /// After a cycle that failed: what it refused was perhaps never reported, and is tried again by the next one.
    void forget() noexcept;
};

} // namespace notes_export
