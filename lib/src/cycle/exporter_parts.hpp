#pragma once

#include "schema/set.hpp"
#include "publish/held_tree.hpp"
#include "notes_export/exporter.hpp"
#include "cycle/oversized_rows.hpp"
#include "index/published_index.hpp"
#include "cycle/quarantine.hpp"
#include "source/catalog.hpp"
#include "source/sessions.hpp"
#include "source/snapshot.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace notes_export {

/// What lives as long as an exporter; a cycle works on it.
struct exporter_parts {
    exporter_parts(export_config c, cycle_observer o)
        : config{std::move(c)}, observer{std::move(o)}, statements{config.schema}, database{config, statements} {}
    exporter_parts(exporter_parts const&) = delete;

    export_config config;
    cycle_observer observer;
    sql statements;
    sessions database;
    schema_set schemas;
    std::optional<held_tree> held;
    std::optional<publication> last_publication;
    oversized_rows oversized;
    bool tree_replaced = false; ///< since the last full export: whatever else is remembered is of another tree

    catalog known_catalog; ///< of the last complete cycle
    quarantine refused;
    std::map<std::string, std::string> refused_documents; ///< path -> text that was refused and reported
    std::optional<row_digests> digests; ///< of the last complete cycle: for detection where no trigger watches
    std::set<std::string> remarks; ///< of the catalog, reported already
    /// Dataset -> keys of rows that the next cycle looks at, pending or not.
    std::map<std::string, std::set<std::int64_t>> look_again;
    bool marks_watched = false; ///< journal::begin_marking() was of this process, which knows the rows
    /// The database whose json_export_state we could not write to when we published last.
    std::optional<std::string> unrecorded;
    bool state_cannot_be_made = false; ///< json_export_state has no row, and our role may not insert one

    /// By dataset, of the last complete cycle that looked at it. The entries of a dataset that is not in it were never
    /// checked as a whole.
    std::map<std::string, published_index> indexes;
    std::set<std::string> large_indexes; ///< datasets whose index was reported to be near the limit
};

} // namespace notes_export
