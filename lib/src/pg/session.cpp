#include "notes_export/session.hpp"

#include <array>
#include <libpq-fe.h>

namespace notes_export {

// What is defaulted stands before the caller's conninfo, what is forced after it: libpq takes the last value.
// An empty one counts as not given.
pg_conn* start_session(std::string const& conninfo, std::string const& password, std::string const& application_name) {
    std::array<char const*, 10> const keys{"keepalives_idle",
                                           "keepalives_interval",
                                           "keepalives_count",
                                           "tcp_user_timeout",
                                           "target_session_attrs",
                                           "dbname",
                                           "password",
                                           "application_name",
                                           "client_encoding",
                                           nullptr};
    // A standby can neither mark nor be trusted to be up to date.
    std::array<char const*, 10> const values{
        "30",   "10",   "3", "30000", "primary", conninfo.c_str(), password.c_str(), application_name.c_str(),
        "UTF8", nullptr};
    return PQconnectStartParams(keys.data(), values.data(), 1);
}

} // namespace notes_export
