#pragma once

#include "command/command_line.hpp"

#include <span>
#include <string_view>

namespace exportd {

struct command_info {
    command name;
    std::string_view word;     ///< as typed
    std::string_view synopsis; ///< of its own options
    std::string_view summary;  ///< one line
    std::string_view details;  ///< for its own help
};

struct option_info {
    char const* spelling; ///< "help,h": long name, short letter
    std::string_view argument;
    char const* help;
    std::span<command const> commands; ///< empty: all
    bool repeatable = false;

    std::string_view name() const;
    bool belongs_to(command) const;
};

std::span<command_info const> command_table();
std::span<option_info const> option_table();
command_info const& info_of(command);

} // namespace exportd
