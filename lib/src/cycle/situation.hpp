#pragma once

#include "cycle/context.hpp"
#include "document/metadata.hpp"
#include "feed/noted_files.hpp"
#include "pg/connection.hpp"
#include "shard/index_note.hpp"
#include "source/catalog.hpp"
#include "source/export_log.hpp"
#include "source/fingerprint.hpp"
#include "source/snapshot.hpp"
#include "twin/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace notes_export {

/// Which index files are made, and which the tree may have.
struct index_plan {
    shard::index_note make;
    shard::index_note recorded;
    bool changed() const { return !(make == recorded); }
};

/// The database in the cycle's snapshot, and the tree, as the cycle found them. Nothing of it changes later.
struct situation {
    catalog columns;
    pg::connection* reader = nullptr; ///< in the snapshot, until that ends
    fingerprint sources;              ///< of the last full export; columns has those of now
    row_digests digests;              ///< of relations that no trigger watches
    export_log log;
    std::optional<std::uint64_t> recorded; ///< the generation in json_export_state
    std::string identity;                  ///< of the database; asked for only when something may be published
    std::string live_text;                 ///< metadata.json
    std::optional<metadata> live;          ///< the same, understood
    twin_plan twins;                       ///< what is made, and what the tree may have
    noted_files files;                     ///< what the tree was given so far, and what is configured
    bool clears_former = false;            ///< files that are no longer configured are to go
    index_plan indexes;                    ///< the same of index files
    std::uint64_t newest_listed = 0;       ///< the greatest generation that the change feed ever had
    bool feed_begins = false;              ///< the feed has yet to say something of the tree, which is one of ours

    /// A publication was begun before this cycle, and did not end.
    bool unfinished() const noexcept { return live && live->publishing > 0; }
    std::uint64_t next_generation() const noexcept {
        return std::max({live ? live->generation : 0, recorded.value_or(0), newest_listed}) + 1;
    }
};

/// Takes the lock of the database, chooses where to read, begins the snapshot and looks around. A view that has just
/// gone is waited for.
situation look_around(cycle_context& c);

/// Asks for situation::identity unless it is known.
void identify_database(cycle_context& c, situation& seen);

} // namespace notes_export
