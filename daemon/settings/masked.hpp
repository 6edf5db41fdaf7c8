#pragma once

#include <string>
#include <string_view>

/// Settings that may hold a password, as they can be shown: *** stands for it. What holds none is unchanged.
namespace exportd {

/// A connection string in either form; what libpq cannot read is *** as a whole.
std::string masked_conninfo(std::string const& conninfo);

/// https://name:password@host/path. What stands before an @ alone is a name for ssh, else a token; so may be what
/// follows a ?.
std::string masked_url(std::string_view url);

} // namespace exportd
