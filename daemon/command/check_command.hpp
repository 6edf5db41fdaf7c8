#pragma once

#include "command/command_line.hpp"
#include "exit_codes.hpp"
#include "settings/load_settings.hpp"

namespace exportd {

/// Would the service work? Prints what was looked at, each with its remedy; changes nothing. Runs as the owner of the
/// tree, see acting_user.hpp.
exit_code run_check(command_line const& line, loaded_settings const& loaded);

} // namespace exportd
