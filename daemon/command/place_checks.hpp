#pragma once

#include "settings/settings.hpp"

#include <notes_export/check.hpp>

#include <vector>

/// What the daemon opens besides tree and database, and what systemd lets it open.
namespace exportd {

/// [log] file: can it be written? It is not made. Empty when there is none.
std::vector<notes_export::finding> examine_log_file(settings const& s);

/// [http] listen: is it free, or ours already? Empty when it is off.
std::vector<notes_export::finding> examine_http(settings const& s);

/// The service as systemd would run it: its user, and what its sandbox keeps it from. Empty without systemd.
std::vector<notes_export::finding> examine_service(settings const& s);

} // namespace exportd
