#pragma once

#include "command/command_line.hpp"

#include <span>
#include <stdexcept>

namespace exportd {

/// A command line that makes no sense. The text is one line and ends by pointing to --help; exit code 64.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Parses the arguments that follow the program name; options may stand before or after the command.
/// Throws usage_error.
command_line parse_command_line(std::span<char const* const> arguments);

} // namespace exportd
