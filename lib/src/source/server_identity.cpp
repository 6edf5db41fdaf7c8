#include "source/server_identity.hpp"

namespace notes_export {

namespace {

// Of a server in recovery neither the current position nor the name of a log file is told. Its timeline is in the
// control file, and is noted there when pages are written.
constexpr char const* identity_statement =
    "SELECT c.system_identifier, d.oid,"
    " CASE WHEN pg_is_in_recovery() THEN greatest(k.timeline_id, r.min_recovery_end_timeline)::bigint"
    " ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END,"
    " extract(epoch FROM pg_postmaster_start_time()), pg_is_in_recovery(),"
    " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END"
    " FROM pg_control_system() c, pg_control_checkpoint() k, pg_control_recovery() r, pg_database d"
    " WHERE d.datname = current_database()";

// Of a transaction, so that its commit waits for the disk: only what is on disk is sent to standbys.
constexpr char const* mark_statement = "SELECT pg_logical_emit_message(true, 'osm-notes-exportd', '')";

} // namespace

server_identity identify_server(pg::connection& c) {
    auto const r = c.query("identify the server", identity_statement);
    return {r.text(0, 0), r.text(0, 1),    r.integer(0, 2),
            r.text(0, 3), r.boolean(0, 4), r.null(0, 5) ? "" : r.text(0, 5)};
}

std::string mark_position(pg::connection& primary) {
    return primary.query("mark the position of the primary", mark_statement).text(0, 0);
}

bool has_replayed(pg::connection& standby, std::string const& lsn) {
    auto const r =
        standby.query("wait for the standby", "SELECT coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false)", {lsn});
    return r.boolean(0, 0);
}

std::string missing_to(pg::connection& standby, std::string const& lsn) {
    auto const r = standby.query(
        "look how far the standby is",
        "SELECT pg_size_pretty(greatest(pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn()), 0))", {lsn});
    return r.null(0, 0) ? "everything" : r.text(0, 0);
}

standby_problem difference_between(server_identity const& primary, server_identity const& candidate) {
    if (candidate.system != primary.system)
        return standby_problem::other_system;
    if (candidate.database != primary.database)
        return standby_problem::other_database;
    if (!candidate.in_recovery)
        return candidate.started == primary.started ? standby_problem::no_standby : standby_problem::promoted;
    return candidate.timeline == primary.timeline ? standby_problem::none : standby_problem::other_timeline;
}

std::string describe(standby_problem what, server_identity const& primary, server_identity const& candidate) {
    switch (what) {
    case standby_problem::other_system:
        return "its system identifier is " + candidate.system + ", the primary's is " + primary.system +
               ": it is no physical standby of it";
    case standby_problem::other_database:
        return "its database has the oid " + candidate.database + ", the primary's " + primary.database +
               ": it is another database of that server";
    case standby_problem::no_standby:
        return "it is the primary itself";
    case standby_problem::promoted:
        return "it was promoted: it is on timeline " + std::to_string(candidate.timeline) +
               ", and the primary that is written to, on " + std::to_string(primary.timeline) + ", is another server";
    case standby_problem::other_timeline:
        return "it is on timeline " + std::to_string(candidate.timeline) + ", the primary on " +
               std::to_string(primary.timeline) + "; after a failover its next restartpoint shows that it follows";
    default:
        return "";
    }
}

} // namespace notes_export
