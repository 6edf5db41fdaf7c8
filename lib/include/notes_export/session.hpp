#pragma once

#include <string>

struct pg_conn; ///< PGconn of libpq

namespace notes_export {

/**
 * Begins to connect, as every session of an exporter does: to a primary, in UTF-8, with keepalives that notice a silent
 * peer within a minute where the conninfo says nothing else. PQconnectPoll() goes on; name resolution is done by then,
 * and may have taken long.
 *
 * Takes   a libpq conninfo; a password that goes before the conninfo's, "" is none; what pg_stat_activity shows.
 * Gives   a session that the caller ends with PQfinish(); nullptr when memory ran out. PQstatus() tells of failures.
 * Thread  any.
 */
pg_conn* start_session(std::string const& conninfo, std::string const& password, std::string const& application_name);

} // namespace notes_export
