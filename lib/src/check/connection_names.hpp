#pragma once

#include <string>

namespace notes_export {

/// As whom, and where, a connection string leads: what stands in it, else in the environment, else what libpq takes.
struct connection_names {
    std::string role;
    std::string database;
};

/// Names as SQL writes them. Of a string that libpq does not take, empty ones.
connection_names names_of(std::string const& conninfo);

} // namespace notes_export
