#pragma once

#include "command/command_line.hpp"
#include "exit_codes.hpp"
#include "settings/load_settings.hpp"

namespace exportd {

/// The commands that end by themselves. They print to stdout; errors are thrown.
exit_code run_once(settings const& s, command_line const& line);
exit_code run_verify(settings const& s);
exit_code run_status(settings const& s, bool json);
/// Settings are already read: proves the schemas and the directory.
exit_code run_check_config(loaded_settings const& loaded);

} // namespace exportd
