#pragma once

#include "setup/step.hpp"
#include "system_user.hpp"

#include <filesystem>
#include <string>

namespace exportd {

/// Where the tree has the version of its data format, unless [output] version_file names another place.
inline constexpr char const* usual_version_file = ".json_export_version";

/// The version in that file, as it is written there. Throws setup_error when it holds none, or cannot be read.
std::string version_in(std::filesystem::path const& file);

/// What the tree is going to say of its version, for people: the version, or how to take one over.
std::string said_of_version(std::filesystem::path const& directory, std::filesystem::path const& configured);

/**
 * Writes the version into the tree, for that user. One that is there and is not lower stays: it was raised since.
 *
 * Safety  follows no link, as the tree is that user's, and we are root.
 * Throws  std::system_error.
 */
step::outcome take_version_over(std::string const& version, std::filesystem::path const& directory,
                                file_owner const& user);

} // namespace exportd
