#pragma once

#include "notes_export/exporter.hpp"
#include "source/sessions.hpp"

#include <string>

namespace notes_export {

/// One row in <schema>.json_export_runs; false when install.sql did not make that table.
bool record_run(sessions& database, sql const& statements, cycle_report const& report, std::string const& error,
                std::string const& program_version);

/// The newest rows of that table, newest first.
std::vector<run_status> recent_runs(pg::connection& c, sql const& statements, int at_most);

} // namespace notes_export
