#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct pg_conn;

namespace notes_export::pg {

/// Keywords of libpq and their values, for PQconnectStartParams().
using conninfo_values = std::vector<std::pair<std::string, std::string>>;

/// One of the hosts that a conninfo lists; an empty member was not given.
struct host {
    std::string name;
    std::string address; ///< hostaddr
    std::string port;

    std::string text() const; ///< for people: "db1:5432"
};

/// What a session was begun with, from conninfo, environment, service file and defaults; null has none.
conninfo_values resolved_values(pg_conn const* c);

/// The hosts in it, in their order; one without a name when none is given.
std::vector<host> hosts_of(conninfo_values const& resolved);
/// connect_timeout in it, which is for each host. None, or 0, is no limit.
std::optional<std::chrono::milliseconds> connect_timeout_of(conninfo_values const& resolved);

/// The same, for that host alone.
conninfo_values with_host(conninfo_values const& resolved, host const& only);

/// The same for each host alone, in the order in which they are to be tried: where a standby is preferred, each as one
/// first, and then as whatever it is.
std::vector<conninfo_values> attempts_at(conninfo_values const& resolved);

} // namespace notes_export::pg
