#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace exportd {

enum class command { run, once, verify, status, check_config, check, setup };

/// What the words after the program's name ask for.
struct command_line {
    command name = command::run;
    std::optional<std::filesystem::path> config;
    std::vector<std::string> sets;    ///< "section.key=value", in the order given; checked by load_settings()
    bool full = false;                ///< once
    bool force = false;               ///< once: let the shrink guard pass
    bool json = false;                ///< status, check
    std::string database;             ///< setup
    std::filesystem::path directory;  ///< setup
    bool http = false;                ///< setup
    bool dry_run = false;             ///< setup
    std::optional<std::string> print; ///< help or version was asked for: print this to stdout, exit 0
};

} // namespace exportd
