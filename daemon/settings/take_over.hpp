#pragma once

#include "settings/settings.hpp"

#include <string>
#include <vector>

namespace exportd {

/// Takes over the settings that may change while the daemon runs.
void take_over(settings& to, settings const& from);

/// The changed settings ("section.key", "dataset", "document") that a running daemon cannot take over.
std::vector<std::string> needs_restart(settings const& before, settings const& after);

} // namespace exportd
