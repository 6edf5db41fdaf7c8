#pragma once

#include "settings/config_file.hpp"
#include "settings/settings.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

struct loaded_settings {
    settings value;                            ///< usable only without mistakes
    std::vector<mistake> mistakes;             ///< all of them: file first, then environment, then --set
    std::optional<std::filesystem::path> file; ///< the file that was read, if any
};

/// Looks up one environment variable.
using environment = std::function<std::optional<std::string>(std::string_view name)>;

environment process_environment();

/// Where the configuration is when --config is not given.
std::filesystem::path default_config_file();

/**
 * The settings from, in rising order: defaults, file, environment, `section.key=value` texts of --set.
 *
 * config not given: default_file is read if it exists. An empty environment variable counts as not set.
 * Throws  nothing of its own: whatever is wrong becomes a mistake, and no value of database.conninfo is shown in one.
 */
loaded_settings load_settings(std::optional<std::filesystem::path> const& config, std::vector<std::string> const& sets,
                              environment const& env,
                              std::filesystem::path const& default_file = default_config_file());

} // namespace exportd
