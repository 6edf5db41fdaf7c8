#pragma once

#include "command/command_line.hpp"
#include "exit_codes.hpp"
#include "settings/load_settings.hpp"

namespace exportd {

/// The commands, but for `mirror`, which is another program's (run_mirror.hpp). They print to stdout; errors are
/// thrown.
exit_code run_once(command_line const& line, loaded_settings const& loaded);
exit_code run_verify(command_line const& line, loaded_settings const& loaded);
exit_code run_allow_shrink(command_line const& line, loaded_settings const& loaded);
exit_code run_changes(command_line const& line, loaded_settings const& loaded);
/// Would the service work? Prints what was looked at, each with its remedy; changes nothing. Runs as the owner of the
/// tree, see acting_user.hpp.
exit_code run_check(command_line const& line, loaded_settings const& loaded);
/// Settings are already read: proves the schemas and the directory.
exit_code run_check_config(command_line const& line, loaded_settings const& loaded);
/// All settings as a configuration file, without passwords.
exit_code run_show_config(command_line const& line, loaded_settings const& loaded);

/// Asks the running daemon, then tree and database, and prints what they say; with --watch again and again. Gives
/// success, failure (behind, or failing) or down (no daemon is running).
exit_code run_status(command_line const& line, loaded_settings const& loaded);
/// The same with settings that cannot be used, where a daemon runs with earlier ones: what that one says. Gives
/// configuration, and prints nothing, when no daemon answers.
exit_code run_status_despite_mistakes(command_line const& line, loaded_settings const& loaded);
/// From an installed package to a published tree. Throws usage_error, wrong_user.
exit_code run_setup(command_line const& line, loaded_settings const& loaded);

} // namespace exportd
