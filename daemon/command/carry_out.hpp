#pragma once

#include "command/command_line.hpp"
#include "exit_codes.hpp"
#include "settings/load_settings.hpp"

#include <span>

/// What the two programs have in common: the daemon with its commands, and the mirror.
namespace exportd {

/// Does what a command line asks for, with the settings that are in force. Errors are thrown.
using execution = exit_code (*)(command_line const&, loaded_settings const&);

/// Loads the settings, becomes the user whose rights the command needs, opens the log and executes. A failure is
/// reported there or on stderr, and told by the exit code.
exit_code carry_out(command_line const& line, execution execute);

/// What main() does: resets the signals and reads the words behind the program's name. Help is printed and a mistake
/// complained of, else `asked` does the rest. What could not be printed in the end is a failure.
int run_program(std::span<char const* const> arguments, exit_code (*asked)(command_line const&));

} // namespace exportd
