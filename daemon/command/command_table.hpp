#pragma once

#include "command/command_line.hpp"
#include "exit_codes.hpp"
#include "settings/load_settings.hpp"

#include <span>
#include <string>
#include <string_view>

/// The commands and their options. Parsing, dispatch and help are made from these tables; the manual and the shell's
/// completion are tested against them.
namespace exportd {

/// Whose rights a command needs, see acting_user.hpp.
enum class works_as {
    anybody,
    reader, ///< the owner of the tree, or who may read all of it
    writer, ///< the owner of the tree, or who may write to it
    mirror  ///< the user of mirrors, or who may read the tree
};

struct command_info {
    command name;
    std::string_view word;    ///< as typed
    std::string_view summary; ///< one line
    std::string_view details; ///< for its own help
    /// Does it. nullptr: it is the daemon itself, or the mirror, which is a program of its own.
    exit_code (*execute)(command_line const&, loaded_settings const&);
    works_as works = works_as::anybody;
    bool writes_log = false;        ///< to [log] file; all others have a person in front of them
    std::string_view argument = {}; ///< behind its word, and required; "" is none

    /// Of its argument and its own options: " [--full] [--force]".
    std::string synopsis() const;
};

struct option_info {
    char const* spelling; ///< "help,h": long name, short letter
    std::string_view argument;
    char const* help;
    std::span<command const> commands; ///< empty: all
    /// Notes it, and its argument, in the command line. nullptr: it asks for a text only.
    void (*take)(command_line&, std::string const& argument);
    bool repeatable = false;
    bool required = false; ///< by the commands that it belongs to, which say so themselves

    std::string_view name() const;
    bool belongs_to(command) const;
};

std::span<command_info const> command_table();
std::span<option_info const> option_table();
command_info const& info_of(command);

} // namespace exportd
