#pragma once

#include "settings/settings.hpp"

#include <notes_export/report.hpp>

#include <optional>
#include <stop_token>

namespace exportd {

/**
 * Runs [hooks] after_publish once for what a command published, and for what earlier runs have left owed, and waits
 * for its end. A failure is not repeated here: the next command or daemon does that.
 */
void run_hook(settings const& s, std::optional<notes_export::publication> const& p, std::stop_token const& stop);

} // namespace exportd
