#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace exportd {

enum class command {
    run,
    once,
    verify,
    status,
    check_config,
    show_config,
    allow_shrink,
    changes,
    check,
    setup,
    mirror
};

/// One entity, as it is named on a command line.
struct entity_id {
    std::string dataset;
    std::int64_t id = 0;
};

/// What the words after the program's name ask for.
struct command_line {
    command name = command::run;
    std::optional<std::filesystem::path> config;
    std::vector<std::string> sets;      ///< "section.key=value", in the order given; checked by load_settings()
    std::vector<entity_id> ids;         ///< once: these alone; empty: everything
    std::optional<std::uint64_t> since; ///< changes: after this generation; none: the newest one
    std::string database;               ///< setup
    std::filesystem::path directory;    ///< setup
    std::filesystem::path version_file; ///< setup: that of the export script; "" is none
    std::string mirror;                 ///< mirror: which one
    std::string options;                ///< of the command, each after a blank, for who is told to type it again
    bool full = false;                  ///< once
    bool force = false;                 ///< once: let the shrink guard pass
    bool json = false;                  ///< once, verify, status, check
    bool watch = false;                 ///< status: again and again
    bool dry_run = false;               ///< once, setup
    bool repair = false;                ///< verify
    bool null = false;                  ///< changes: paths, each ended by a NUL
    bool http = false;                  ///< setup
    bool mirror_once = false;           ///< mirror
    bool compare = false;               ///< mirror: with its target
    std::optional<std::string> print;   ///< help or version was asked for: print this to stdout, exit 0
};

} // namespace exportd
