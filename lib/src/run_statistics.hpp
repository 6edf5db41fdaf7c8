#pragma once

#include "notes_export/report.hpp"
#include "source/sessions.hpp"

#include <string>

namespace notes_export {

/// One row in <schema>.json_export_runs; false when install.sql did not make that table.
bool record_run(sessions& database, sql const& statements, cycle_report const& report, std::string const& error,
                std::string const& program_version);

} // namespace notes_export
