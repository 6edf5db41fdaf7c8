#pragma once

#include "settings/settings.hpp"

#include <notes_export/config.hpp>

#include <string>

namespace exportd {

/// What the library needs of our settings.
notes_export::export_config to_export_config(settings const& s);

/// "osm-notes-exportd <host>:<pid>", the beginning of every session's application_name.
std::string application_name();

} // namespace exportd
