#pragma once

#include "settings/config_file.hpp"
#include "settings/listen_address.hpp"
#include "log/logging.hpp"

#include <notes_export/config.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

using notes_export::validation_mode;

struct database_settings {
    std::string conninfo;                ///< may hold a password: never log or print it
    std::filesystem::path password_file; ///< absolute, or empty; its content is never kept
    std::string schema;
    std::string channel;
    std::chrono::milliseconds runs_retention{}; ///< 0: for ever
    bool operator==(database_settings const&) const = default;
};

struct output_settings {
    std::filesystem::path directory;                ///< absolute
    std::filesystem::path version_file;             ///< absolute, or relative to directory
    std::chrono::milliseconds metadata_heartbeat{}; ///< 0: off
    bool operator==(output_settings const&) const = default;
};

struct schedule_settings {
    std::chrono::milliseconds debounce{};
    std::chrono::milliseconds max_delay{};     ///< >= debounce
    std::chrono::milliseconds poll_interval{}; ///< 0: off
    std::chrono::milliseconds full_interval{}; ///< 0: off
    std::chrono::milliseconds full_request_interval{};
    bool operator==(schedule_settings const&) const = default;
};

struct export_settings {
    int workers = 0;                  ///< >= 1
    int batch_size = 0;               ///< profiles, >= 1
    std::uint64_t index_max_size = 0; ///< bytes; 0: no limit
    validation_mode validation = validation_mode::quarantine;
    std::filesystem::path schema_dir; ///< absolute; not checked for existence here
    bool operator==(export_settings const&) const = default;
};

struct run_settings {
    bool standby = false; ///< wait while another instance holds the tree or the database
    bool operator==(run_settings const&) const = default;
};

struct http_settings {
    listen_address listen;
    bool operator==(http_settings const&) const = default;
};

struct hook_settings {
    std::string after_publish; ///< for /bin/sh; "" is none
    bool operator==(hook_settings const&) const = default;
};

/// All settings, typed and checked. Made by load_settings() or default_settings(), which give every member its value.
struct settings {
    database_settings database;
    output_settings output;
    schedule_settings schedule;
    export_settings exporting; ///< [export]; the plain word is reserved in C++
    run_settings running;      ///< [run]
    logging::config log;
    http_settings http;
    hook_settings hooks;
    bool operator==(settings const&) const = default;
};

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

/// The defaults alone.
settings default_settings();

/**
 * The settings from, in rising order: defaults, file, environment, `section.key=value` texts of --set.
 *
 * config not given: default_file is read if it exists. An empty environment variable counts as not set.
 * Throws  nothing of its own: whatever is wrong becomes a mistake, and no value of database.conninfo is shown in one.
 */
loaded_settings load_settings(std::optional<std::filesystem::path> const& config, std::vector<std::string> const& sets,
                              environment const& env,
                              std::filesystem::path const& default_file = default_config_file());

/// Takes over the settings that may change while the daemon runs.
void take_over(settings& to, settings const& from);

/// The changed settings ("section.key") that a running daemon cannot take over.
std::vector<std::string> needs_restart(settings const& before, settings const& after);

} // namespace exportd
