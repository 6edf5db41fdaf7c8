#pragma once

#include <filesystem>
#include <string>

namespace exportd {

/// The lines for systemd that let the service write to the tree in this directory.
std::string drop_in_text(std::filesystem::path const& directory);
/// And mirrors to the only place in it that is theirs, which need not be there yet.
std::string mirror_drop_in_text(std::filesystem::path const& directory);

} // namespace exportd
