#pragma once

#include "notes_export/error.hpp"

#include <string_view>

struct pg_conn;
struct pg_result;

namespace notes_export::pg {

/// The most recent error of a connection, or of a result, as database_error "<purpose>: <message> [SQLSTATE]".
database_error make_error(std::string_view purpose, pg_conn const* c, pg_result const* r);
/// Why a session could not be opened, one line for all hosts that were tried; null is want of memory. The session is to
/// be verbose: libpq tells the code of a refusal only then.
database_error not_opened(std::string_view purpose, pg_conn const* c);

/// A failure that one row can be the cause of: another row may be read well in the same session.
bool is_of_a_row(database_error const& e) noexcept;
/// libpq could not hold what the server sent, and gave the session up.
bool is_for_want_of_memory(database_error const& e) noexcept;

} // namespace notes_export::pg
