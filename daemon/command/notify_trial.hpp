#pragma once

#include "settings/settings.hpp"

#include <notes_export/check.hpp>

#include <vector>

namespace exportd {

/// Listens on the channel as the daemon does, until a notification that it sent itself has arrived, or will not. Takes
/// some seconds at most.
std::vector<notes_export::finding> try_notification(settings const& s);

} // namespace exportd
