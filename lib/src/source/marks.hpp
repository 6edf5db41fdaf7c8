#pragma once

#include "source/sessions.hpp"
#include "source/work_list.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace notes_export {

/**
 * Sets json_exported where the row still has the version that was read; returns how many rows that were. The others
 * changed meanwhile and stay pending.
 *
 * `rows` are in order of key. Many rows are shared out among the writing session and a reader without a transaction.
 */
std::size_t mark_exported(sessions& database, sql const& statements, dataset const& d, std::span<work_row const> rows);

/// The same with one session.
std::size_t mark_exported(pg::connection& c, sql const& statements, dataset const& d, std::span<work_row const> rows);

/// A row's key and its version after our own update.
struct flagged_row {
    std::int64_t key;
    std::uint32_t version;
};

/// Clears json_exported where the row still has the version that was read.
std::vector<flagged_row> flag_pending(sessions& database, sql const& statements, dataset const& d,
                                      std::span<work_row const> rows);

} // namespace notes_export
