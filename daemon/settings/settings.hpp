#pragma once

#include "log/config.hpp"
#include "settings/listen_address.hpp"
#include "settings/mirror_settings.hpp"

#include <notes_export/config.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace exportd {

using notes_export::validation_mode;

struct database_settings {
    std::string conninfo;      ///< may hold a password: never log or print it
    std::string read_conninfo; ///< of a standby; "" is none; the same
    std::chrono::milliseconds read_wait{};
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
    notes_export::compressions precompress;         ///< twins of published files; none: off
    int gzip_level = 0;                             ///< 1 to 12
    int brotli_level = 0;                           ///< 0 to 11
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
    int batch_size = 0;               ///< profiles; 0: no limit
    std::uint64_t index_max_size = 0; ///< bytes; 0: no limit
    validation_mode validation = validation_mode::quarantine;
    std::filesystem::path schema_dir; ///< absolute; not checked for existence here
    bool built_in = true;             ///< users, countries and global statistics are exported
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

struct feed_settings {
    bool publish = false;                  ///< in the tree, for everybody
    std::chrono::milliseconds retention{}; ///< 0: there is no feed
    bool operator==(feed_settings const&) const = default;
};

struct hook_settings {
    std::string after_publish;           ///< for /bin/sh; "" is none
    std::chrono::milliseconds timeout{}; ///< of one run
    bool operator==(hook_settings const&) const = default;
};

/// All settings, typed and checked. load_settings() gives every member its value.
struct settings {
    database_settings database;
    output_settings output;
    schedule_settings schedule;
    export_settings exporting; ///< [export]; the plain word is reserved in C++
    run_settings running;      ///< [run]
    logging::config log;
    http_settings http;
    feed_settings feed;
    hook_settings hooks;
    std::vector<notes_export::dataset> datasets;   ///< the built-in ones, then in the order of the file; no name twice
    std::vector<notes_export::document> documents; ///< the same
    std::vector<mirror_settings> mirrors;          ///< in the order of the file; no name twice
    bool operator==(settings const&) const = default;
};

} // namespace exportd
