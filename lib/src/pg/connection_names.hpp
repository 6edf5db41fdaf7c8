#pragma once

#include <string>

namespace notes_export::pg {

/// As whom, and where, a connection string leads, as SQL writes names.
struct connection_names {
    std::string role;
    std::string database;
};

/// What stands in it, else in the environment, else what libpq takes. Needs no server. Thread: any.
connection_names names_of(std::string const& conninfo);

} // namespace notes_export::pg
