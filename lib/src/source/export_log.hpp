#pragma once

#include "pg/connection.hpp"
#include "source/sql.hpp"
#include "source/work_list.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace notes_export {

/// What json_export_log says of one dataset.
struct logged_changes {
    further_rows rows;               ///< changed or removed; no row may have them any more
    bool anything = false;           ///< any row may be gone: TRUNCATE leaves no trace of single ones
    std::vector<std::int64_t> lines; ///< numbers of the lines that say so
};

/// json_export_log: what triggers tell of that no flag can.
struct export_log {
    std::map<std::string, logged_changes> datasets; ///< of any name, those that nobody exports as well
    std::string full_request;                       ///< why a full export is wanted; "" is none
    std::vector<std::int64_t> full_lines;           ///< numbers of the lines that want it
};

/// In the snapshot of the connection. Throws database_error.
export_log read_export_log(pg::connection& c, sql const& statements);

} // namespace notes_export
