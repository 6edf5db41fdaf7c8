#pragma once

#include "document/schema_set.hpp"
#include "held_tree.hpp"
#include "notes_export/exporter.hpp"
#include "published_index.hpp"
#include "quarantine.hpp"
#include "source/catalog.hpp"
#include "source/sessions.hpp"

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
    bool tree_replaced = false; ///< since the last full export: whatever else is remembered is of another tree

    catalog known_catalog; ///< of the last complete cycle
    quarantine refused;
    std::map<std::string, std::string> refused_documents; ///< path -> text that was refused and reported
    // For detection without triggers, of the last complete cycle:
    std::string database_identity;
    std::optional<std::string> previous_snapshot;
    std::map<std::string, std::int64_t> previous_ids; ///< dataset -> number of ids in that snapshot

    /// By dataset, of the last complete cycle that looked at it. The entries of a dataset that is not in it were never
    /// checked as a whole.
    std::map<std::string, published_index> indexes;
    std::set<std::string> large_indexes; ///< datasets whose index was reported to be near the limit
};

} // namespace notes_export
