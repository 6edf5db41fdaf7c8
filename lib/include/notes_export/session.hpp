#pragma once

#include <string>
#include <string_view>

struct pg_conn; ///< PGconn of libpq

namespace notes_export {

/**
 * Begins to connect, as every session of an exporter does: to a primary, in UTF-8, with keepalives that notice a silent
 * peer within a minute where the conninfo says nothing else. continue_session() goes on; name resolution is done by
 * then, and may have taken long.
 *
 * Takes   a libpq conninfo; a password that goes before the conninfo's, "" is none; what pg_stat_activity shows.
 * Gives   a session that the caller ends with PQfinish(); nullptr when memory ran out. PQstatus() tells of failures.
 * Thread  any.
 */
pg_conn* start_session(std::string const& conninfo, std::string const& password, std::string const& application_name);

/// How far a session that start_session() began has come.
enum class session_progress { under_way, open, failed };

/**
 * Goes on with connecting when the server has said something, and waits for that at most so many milliseconds. Never
 * longer: libpq is not called while there is nothing to read or no room to write.
 *
 * Takes   a session that start_session() began; `reading` is false at first and then left alone by the caller.
 * Thread  one at a time per session.
 */
session_progress continue_session(pg_conn* session, bool& reading, int milliseconds);

/// Why a session could not be opened.
struct session_failure {
    std::string message;  ///< as libpq puts it, without the code; may have several lines
    std::string sqlstate; ///< "" when the server gave none
};
session_failure why_not_opened(pg_conn const* session);

/// The SQLSTATE of a server, or of a role, that has no room for another session.
inline constexpr std::string_view too_many_sessions = "53300";

/// "<set> name = 0;" for every limit of time that may be set for a role or a database and that ends statements or
/// sessions. `set` is "SET" or "SET LOCAL", `server_version` as of PQserverVersion().
std::string without_limits(std::string_view set, int server_version);

/// SET statements for a session that is ours alone, so that it lives and works whatever is set for the role or the
/// database: no limits of time, ordinary transactions, no foreign search_path.
std::string own_session_settings(int server_version);

} // namespace notes_export
