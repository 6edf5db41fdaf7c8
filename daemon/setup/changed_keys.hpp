#pragma once

#include "settings/settings.hpp"
#include "setup/setup_request.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/// One key of the configuration file that setup sets.
struct changed_key {
    std::string section;
    std::string key;
    std::string value; ///< may hold a password: never shown
    std::string shown; ///< for people
};

/// The address that --http opens.
inline constexpr std::string_view page_address = "127.0.0.1:9847";

/// What differs between the settings of the file and what was asked for. Everything else stays as it is.
std::vector<changed_key> changes_for(setup_request const& asked, settings const& now);

/// The text of a configuration file with that key set: in its line, below the comment that shows its default, or in its
/// section, which is added when it is not there. Every other line stays.
std::string with_key(std::string const& text, changed_key const& change);

} // namespace exportd
