#pragma once

#include "notes_export/check.hpp"
#include "notes_export/config.hpp"
#include "pg/connection.hpp"

#include <stop_token>
#include <vector>

namespace notes_export {

/// Could rows be read from the standby of read_conninfo? None of them is an error: without it the primary is read.
/// Nothing where there is no such standby. Throws database_error when the primary is lost; cancelled.
std::vector<finding> examine_standby(pg::connection& primary, export_config const& config, std::stop_token const& stop);

} // namespace notes_export
