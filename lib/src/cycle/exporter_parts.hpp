#pragma once

#include "cycle/cycle_memory.hpp"
#include "cycle/oversized_rows.hpp"
#include "feed/recorder.hpp"
#include "notes_export/config.hpp"
#include "notes_export/cycle.hpp"
#include "publish/held_tree.hpp"
#include "schema/set.hpp"
#include "source/sessions.hpp"

#include <optional>
#include <utility>

namespace notes_export {

/// What lives as long as an exporter; a cycle works on it.
struct exporter_parts {
    exporter_parts(export_config c, cycle_observer o)
        : config{std::move(c)}, observer{std::move(o)}, statements{config}, database{config, statements} {}
    exporter_parts(exporter_parts const&) = delete;
    exporter_parts& operator=(exporter_parts const&) = delete;

    export_config config;
    cycle_observer observer;
    sql statements;
    sessions database;
    schema_set schemas;
    std::optional<held_tree> held;      ///< from its opening on, also between cycles
    std::optional<feed::recorder> feed; ///< of that tree; none when nothing is published
    oversized_rows oversized;
    cycle_memory memory;
    std::optional<publication> last_publication;
    bool only_looks = false; ///< for preview(): no lock is taken, and nothing published or marked
};

} // namespace notes_export
