#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

enum class command { run, once, verify, status, check_config };

/// A command line that makes no sense. The text is one line and ends by pointing to --help; exit code 64.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct command_line {
    command name = command::run;
    std::optional<std::filesystem::path> config;
    std::vector<std::string> sets;    ///< "section.key=value", in the order given; checked by load_settings()
    bool full = false;                ///< once
    bool force = false;               ///< once: let the shrink guard pass
    bool json = false;                ///< status
    std::optional<std::string> print; ///< help or version was asked for: print this to stdout, exit 0
};

/// Parses the arguments that follow the program name; options may stand before or after the command.
/// Throws usage_error.
command_line parse_command_line(std::span<char const* const> arguments);

/// The help text: of one command, or the whole. At most 100 columns.
std::string help_text(std::optional<command> = std::nullopt);

std::string version_text();

} // namespace exportd
