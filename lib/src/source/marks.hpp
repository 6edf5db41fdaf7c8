#pragma once

#include "source/sessions.hpp"
#include "source/work_list.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace notes_export {

/// What became of rows that were to be marked.
struct marks {
    std::size_t marked = 0;         ///< the others changed meanwhile, or somebody holds them: they stay pending
    std::vector<row_name> reshaped; ///< marked, but other people's triggers changed them with that
};

/// Should marks be compared with what was read?
enum class mark_check { none, reshaped };

/**
 * Sets json_exported where the row still has the version that was read.
 *
 * `rows` are in order of key. Many rows are shared out among the writing session and a second one, where there is one.
 */
marks mark_exported(sessions& database, sql const& statements, dataset const& d, std::span<work_row const> rows,
                    mark_check check);

/// The same with one session.
marks mark_exported(pg::connection& c, sql const& statements, dataset const& d, std::span<work_row const> rows,
                    mark_check check);

/// A row and its version after our own update.
struct flagged_row {
    row_name row;
    std::uint32_t version;
};

/// Clears json_exported where the row still has the version that was read.
std::vector<flagged_row> flag_pending(sessions& database, sql const& statements, dataset const& d,
                                      std::span<work_row const> rows);

} // namespace notes_export
