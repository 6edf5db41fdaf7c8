#pragma once

#include "settings/load_settings.hpp"

#include <optional>
#include <string_view>

namespace test {

/// The defaults alone: no file, no environment, no --set.
inline exportd::settings default_settings() {
    return exportd::load_settings(std::nullopt, {}, [](std::string_view) { return std::nullopt; }, {}).value;
}

} // namespace test
