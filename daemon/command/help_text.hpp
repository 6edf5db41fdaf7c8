#pragma once

#include "command/command_line.hpp"

#include <optional>
#include <string>

namespace exportd {

/// The help text: of one command, or the whole. At most 100 columns.
std::string help_text(std::optional<command> = std::nullopt);

std::string version_text();

} // namespace exportd
