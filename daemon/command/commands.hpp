#pragma once

#include "command/command_line.hpp"
#include "exit_codes.hpp"
#include "settings/load_settings.hpp"

namespace exportd {

/// The commands that end by themselves. They print to stdout; errors are thrown.
exit_code run_once(command_line const& line, loaded_settings const& loaded);
exit_code run_verify(command_line const& line, loaded_settings const& loaded);
exit_code run_allow_shrink(command_line const& line, loaded_settings const& loaded);
exit_code run_changes(command_line const& line, loaded_settings const& loaded);
/// Settings are already read: proves the schemas and the directory.
exit_code run_check_config(command_line const& line, loaded_settings const& loaded);
/// All settings as a configuration file, without passwords.
exit_code run_show_config(command_line const& line, loaded_settings const& loaded);

} // namespace exportd
