#pragma once

#include <string>
#include <string_view>

namespace notes_export::pg {

/// "<set> name = 0;" for every limit of time that may be set for a role or a database and that ends statements or
/// sessions. `set` is "SET" or "SET LOCAL", `server_version` as of PQserverVersion().
std::string without_limits(std::string_view set, int server_version);

/// Statements that pin what changes how statements work and values are printed, whatever is set for role or database.
/// SET rather than connection options: pgbouncer refuses `options` at start-up.
std::string pinned_settings(std::string_view set, int server_version);

/// The same and more, for a session that is ours alone: ordinary transactions, and a server that notices when we are
/// gone.
std::string own_session_settings(int server_version);

} // namespace notes_export::pg
