#pragma once

#include "notes_export/config.hpp"
#include "notes_export/cycle.hpp"
#include "notes_export/report.hpp"

#include <stop_token>

namespace notes_export {

/**
 * What a cycle would do now. Changes nothing in tree and database, and takes no lock there: it can be asked beside a
 * running exporter.
 *
 * Gives     the report of that cycle, without marks; cycle_observer::planned is called for each path, profiles first,
 *           while they are found; of the version file and the change feed too, which the report does not count. A tree
 *           that is not there yet counts as an empty one.
 *
 * Writes    new indexes, to a directory of its own under $TMPDIR or /tmp, which it removes.
 *
 * Throws    what exporter::run() throws; lock_held when an exporter published something meanwhile, so that what was
 *           told may be wrong.
 *
 * Thread    any.
 */
cycle_report preview(export_config const& config, cycle_request const& request, cycle_observer observer,
                     std::stop_token stop = {});

} // namespace notes_export
