#pragma once

#include "exit_codes.hpp"

#include <string_view>

namespace exportd {

/// Tells the person in front of a command what is wrong, on stderr; gives the exit code back. Text of others may be in
/// it.
exit_code complain(exit_code code, std::string_view text);

} // namespace exportd
