#pragma once

#include "source/sessions.hpp"
#include "source/work_list.hpp"

#include <cstddef>
#include <span>

namespace notes_export {

/**
 * Sets json_exported where the row still has the version that was read; returns how many rows that were. The others
 * changed meanwhile and stay pending.
 *
 * `rows` are in order of key. Many rows are shared out among the writing session and a reader without a transaction.
 */
std::size_t mark_exported(sessions& database, sql const& statements, dataset const& d, std::span<work_row const> rows);

} // namespace notes_export
