#pragma once

#include "notes_export/read_place.hpp"
#include "pg/connection.hpp"

#include <cstdint>
#include <string>

namespace notes_export {

/// Which server a session is of, and how far that is, as any role may know it.
struct server_identity {
    std::string system;        ///< its system identifier, that of all its physical copies
    std::string database;      ///< oid
    std::int64_t timeline = 0; ///< a standby's as its control file has it, which may be of before a failover
    std::string started;       ///< when; unlike for any two servers of one system
    bool in_recovery = false;
    std::string lsn; ///< that the primary wrote to, or that a standby has replayed
};

/// Throws database_error.
server_identity identify_server(pg::connection& c);

/**
 * Writes a record into the log of the primary, and to its disk: a server that has replayed it has every transaction
 * that was seen as committed on the primary before. The end of what is written so far would not do: a part of a record
 * or of a page may stay away from a standby for as long as nobody commits.
 *
 * Gives the LSN of its end. Throws database_error.
 */
std::string mark_position(pg::connection& primary);

/// Whether a standby has replayed the log up to there. Throws database_error.
bool has_replayed(pg::connection& standby, std::string const& lsn);

/// "160 bytes", "12.3 MB": what is missing to that LSN. Throws database_error.
std::string missing_to(pg::connection& standby, std::string const& lsn);

/// Why rows of `candidate` are not those that `primary` has, however long is waited; none: they are, or will be.
standby_problem difference_between(server_identity const& primary, server_identity const& candidate);
/// The same for people.
std::string describe(standby_problem what, server_identity const& primary, server_identity const& candidate);

} // namespace notes_export
