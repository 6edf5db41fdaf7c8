#pragma once

#include "command/command_line.hpp"
#include "exit_codes.hpp"
#include "settings/load_settings.hpp"

namespace exportd {

/// Asks the running daemon, then tree and database, and prints what they say; with --watch again and again. Gives
/// success, failure (behind, or failing) or down (no daemon is running).
exit_code run_status(command_line const& line, loaded_settings const& loaded);

/// The same with settings that cannot be used, where a daemon runs with earlier ones: what that one says. Gives
/// configuration, and prints nothing, when no daemon answers.
exit_code run_status_despite_mistakes(command_line const& line, loaded_settings const& loaded);

} // namespace exportd
