#pragma once

#include <notes_export/mirror_config.hpp>

namespace exportd {

using notes_export::mirror_kind;
/// One [mirror NAME] section.
using mirror_settings = notes_export::mirror_config;

} // namespace exportd
