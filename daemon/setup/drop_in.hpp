#pragma once

#include <filesystem>
#include <string>

namespace exportd {

/// The lines for systemd that let the service write to this directory.
std::string drop_in_text(std::filesystem::path const& directory);

} // namespace exportd
