#pragma once

#include "pg/connection.hpp"
#include "source/sql.hpp"
#include "source/work_list.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// What json_export_log says of one dataset.
struct logged_changes {
    further_rows rows;               ///< changed or removed; no row may have them any more
    bool anything = false;           ///< any row may be gone: TRUNCATE leaves no trace of single ones
    std::vector<std::int64_t> lines; ///< numbers of the lines that say so
};

/// Reason of a line that somebody's request_json_export(true) made.
inline constexpr std::string_view full_request_reason = "requested";

/// Begin of the reason of a line about a row whose json_exported somebody else set.
inline constexpr std::string_view marked_by_reason = "marked by ";

/// json_export_log: what triggers tell of that no flag can.
struct export_log {
    std::map<std::string, logged_changes> datasets; ///< those that are exported
    std::string full_request;                       ///< why a full export is wanted; "" is none
    std::vector<std::int64_t> full_lines;           ///< numbers of the lines that want it
    struct shrink_request {
        std::int64_t line;
        std::int64_t when; ///< by the server's clock, Unix microseconds; 0: too long ago
    };
    std::vector<shrink_request> shrinks; ///< allow one shrink; only the owner of the table can add them
    std::size_t marked_by_others = 0;    ///< rows whose flag somebody set who is no exporter of ours
    std::string marked_by;               ///< one of those: role and application; hostile text

    /// When the newest of those was made that still counts; 0: there is none.
    std::int64_t newest_shrink() const noexcept;
    /// Numbers of the lines that no longer count, with all up to that time.
    std::vector<std::int64_t> spent_shrinks(std::int64_t used) const;
};

/// In the snapshot of the connection. Throws database_error.
export_log read_export_log(pg::connection& c, sql const& statements);

} // namespace notes_export
