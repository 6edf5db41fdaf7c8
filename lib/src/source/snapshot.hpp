#pragma once

#include "source/catalog.hpp"
#include "source/sessions.hpp"

#include <map>
#include <string>

namespace notes_export {

/**
 * Begins the snapshot of reader(0) and gives the catalog as it is in it.
 *
 * All tables are locked against TRUNCATE and ALTER TABLE before the snapshot is taken, and until it ends. Taken the
 * other way round, a snapshot that waits for somebody's `TRUNCATE t; INSERT INTO t ...; COMMIT` sees neither the rows
 * from before nor those from after. Waits at most lock_timeout, then throws database_error naming who is in the way.
 *
 * `earlier` is the catalog of an earlier cycle, see catalog::read(); nullptr is none.
 */
catalog begin_locked_snapshot(sessions& database, sql const& statements, catalog const* earlier);

/// Name of a relation that nothing watches -> a text that is another one when its rows changed.
using row_digests = std::map<std::string, std::string>;
row_digests read_digests(pg::connection& reader, sources const& from);

} // namespace notes_export
