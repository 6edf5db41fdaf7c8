#pragma once

#include "command/command_line.hpp"
#include "exit_codes.hpp"
#include "settings/load_settings.hpp"

namespace exportd {

/// `mirror NAME`: follows the tree until it is told to stop; with --once one step; with --verify a comparison.
exit_code run_mirror(command_line const& line, loaded_settings const& loaded);

} // namespace exportd
