#pragma once

#include "notes_export/config.hpp"
#include "notes_export/error.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

struct pg_conn;   ///< PGconn of libpq
struct pg_result; ///< PGresult of libpq

namespace notes_export {

struct finish_session {
    void operator()(pg_conn* c) const noexcept; ///< PQfinish()
};
/// Owns a session of libpq.
using session = std::unique_ptr<pg_conn, finish_session>;

/// Ends a session without a farewell: that could wait for a peer that does not read.
void abandon(session& s) noexcept;

struct session_request {
    std::string conninfo;
    std::string application; ///< pg_stat_activity shows "<application>: <purpose>"
    std::string purpose;     ///< also in errors
    password_source password = {};
    /// From the first packet until the server lets us in; of several hosts each has its share, and at most the
    /// conninfo's connect_timeout. To find the address of a host name may take longer: libpq waits for the resolver,
    /// and nothing can interrupt it.
    std::chrono::milliseconds connect_timeout{10'000};
    /// libpq's target_session_attrs, unless the conninfo says otherwise: which server it is to be.
    std::string target = "primary";
};

struct opened_session {
    session connection; ///< PQisnonblocking()
    bool direct;        ///< its server session is its own: no pooler stands between
};

/**
 * Opens a session as all of an exporter are: to a primary unless the conninfo says otherwise, in UTF-8, with keepalives
 * that notice a silent peer, and with settings of its own whatever is set for role or database. Then runs `sql` there;
 * through a pooler in a transaction.
 *
 * Blocks until then; meant for a thread that can wait, as host names are resolved on the way, also while libpq goes
 * from one host of the conninfo to the next.
 *
 * Throws  database_error "connect (<purpose>): ..." or "<purpose>: ..."; cancelled when `stop` is requested, which is
 *         noticed within a tenth of a second.
 * Thread  any.
 */
opened_session open_session(session_request const& request, std::string const& sql, std::stop_token stop);

/// What libpq, or the server in `r`, said last about a session, as "<purpose>: <message> [SQLSTATE]". `r` may be null.
database_error session_error(std::string_view purpose, pg_conn const* c, pg_result const* r);

/// The SQLSTATE of a server, or of a role, that has no room for another session.
inline constexpr std::string_view too_many_sessions = "53300";

/// "name" with quotes doubled.
std::string quote_identifier(std::string_view name);

} // namespace notes_export
