#pragma once

#include "notes_export/report.hpp"
#include "notes_export/status.hpp"
#include "source/sessions.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace notes_export {

/// One row in <schema>.json_export_runs; false when there is no such table of the owner of the datamart. What each
/// dataset counts goes into the columns for it that are there.
bool record_run(sessions& database, sql const& statements, cycle_report const& report, std::string const& error,
                std::string const& program_version);

/// Deletes rows of that table that are older than `retention`, the oldest first: so many that it takes no time worth
/// mentioning, so that a large surplus goes over several calls. The report's own row is in the table.
void forget_old_runs(sessions& database, sql const& statements, cycle_report const& report,
                     std::chrono::seconds retention);

/// None when there was none yet.
std::optional<last_success> newest_success(pg::connection& c, sql const& statements);

/// The newest rows of that table, which has these columns, newest first.
std::vector<run_status> recent_runs(pg::connection& c, sql const& statements, std::vector<std::string> const& columns,
                                    int at_most);

} // namespace notes_export
