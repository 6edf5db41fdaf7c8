#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/// Something the operator has to correct: where it is written, and what is wrong with it. Never holds a secret.
struct mistake {
    std::string where; ///< "/etc/x.conf:12", "--set export.workers" or "environment LOG_LEVEL"
    std::string what;

    std::string text() const { return where + ": " + what; }
    bool operator==(mistake const&) const = default;
};

/// One `key = value` line.
struct config_entry {
    std::string section;
    std::string key;
    std::string value; ///< without the blanks around it; may be empty
    std::string where; ///< "file:line"
};

/// One `[section]` line.
struct config_section {
    std::string name;
    std::string where;
};

struct config_file {
    std::vector<config_section> sections; ///< in file order; a section may be opened twice
    std::vector<config_entry> entries;    ///< in file order, no key twice
    std::vector<mistake> mistakes;
};

/**
 * Reads INI text: `[section]` or `[section name]`, `key = value`, comments on lines of their own (`#` or `;`).
 *
 * A line that cannot be read becomes a mistake and reading goes on, so that one run shows them all.
 * Lines are never quoted in mistakes: a misspelt line may hold a password.
 */
config_file parse_config(std::string_view text, std::string const& name);

/// parse_config() of a file. Throws std::system_error when it cannot be read or is larger than 1 MiB.
config_file read_config_file(std::filesystem::path const& path);

} // namespace exportd
