#pragma once

#include "system_user.hpp"

#include <filesystem>
#include <string>

namespace exportd {

/// Is the directory there, and this user's? false: it would have to be made, or given. Throws setup_error when it is
/// something else, or holds files of somebody else.
bool is_prepared(std::filesystem::path const& directory, file_owner const& user);

/// Makes it, mode 0755, with what is missing above it, which stays root's; or gives an empty one to the user.
/// Throws setup_error, std::system_error.
void prepare_directory(std::filesystem::path const& directory, file_owner const& user);

/// What makes it this user's, as a clause: a tree of ours goes as a whole, of anything else nothing.
std::string how_to_give(std::filesystem::path const& directory, std::string const& user);

} // namespace exportd
