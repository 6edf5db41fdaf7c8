#pragma once

#include "settings/settings.hpp"

#include <notes_export/report.hpp>

#include <optional>
#include <stop_token>

namespace exportd {

/// Runs [hooks] after_publish for what a command published, if anything, and waits for its end.
void run_hook(settings const& s, std::optional<notes_export::publication> const& p, std::stop_token const& stop);

} // namespace exportd
