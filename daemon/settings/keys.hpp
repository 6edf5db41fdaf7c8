#pragma once

#include "settings/settings.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace exportd {

enum class takes_effect { on_reload, on_restart };

/// One known setting: its row in the table that the loader, the help text and the documentation are held to.
struct key_info {
    std::string_view section;
    std::string_view name;
    std::string_view default_text;
    takes_effect when;
    std::string_view help;
    std::string_view environment; ///< the variable that also sets it; may be empty

    /// Parses the text into the settings. Throws bad_value.
    std::function<void(settings&, std::string_view text)> assign;
    std::function<void(settings&, std::string_view text)> assign_environment;
    std::function<bool(settings const&, settings const&)> same;
    std::function<void(settings& to, settings const& from)> copy;
    std::function<std::string(settings const&)> show; ///< as it is written in a file; never a password

    std::string full_name() const { return std::string{section} + "." + std::string{name}; }
};

/// Every setting there is, in the order of the configuration file.
std::span<key_info const> known_keys();

} // namespace exportd
