#pragma once

#include <map>
#include <string>

namespace exportd {

/// What a connection string says, by keyword: "host", "port", "dbname". Only what stands in it, no defaults, and never
/// the password. Throws bad_value.
std::map<std::string, std::string> conninfo_parts(std::string const& conninfo);

} // namespace exportd
