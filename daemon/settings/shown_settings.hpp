#pragma once

#include "settings/settings.hpp"

#include <string>

namespace exportd {

/// All settings as a configuration file, the built-in datasets and documents included. Read again it gives the same
/// settings, but for passwords: instead of one it says ***.
std::string shown_settings(settings const& s);

} // namespace exportd
