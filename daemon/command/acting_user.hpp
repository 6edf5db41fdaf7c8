#pragma once

#include "command/command_table.hpp"
#include "settings/settings.hpp"
#include "system_user.hpp"

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

/**
 * As whom a command does its work.
 *
 * Files and directories that root makes in a tree of the service's user stop the service, and the database knows roles,
 * not root. So root becomes the one whose tree it is, before anything is opened; everybody else is told what to type.
 */
namespace exportd {

/// Whose this tree is. Of one that is not there yet: the owner of the directory it would be made in, unless that is
/// root; then the service's user where there is one.
file_owner owner_of_tree(std::filesystem::path const& directory);

/// Somebody without the rights that a command takes asked for it. One line that says what to type; exit 77.
struct wrong_user : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// For a command whose row of the table asks for it: root becomes the owner of the tree, unless that is root too.
/// Throws wrong_user when the caller is neither and cannot do it, std::system_error.
void act_as_owner(command_line const& line, settings const& s);

/// Would the failure of this command go away when the owner of the tree typed it? Then the line that says so. `reason`
/// is the failure. Empty for the owner, and for commands that are not about a tree.
std::optional<std::string> advice_after(command_line const& line, settings const& s, std::string const& reason);

} // namespace exportd
