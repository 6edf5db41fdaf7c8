#pragma once

#include "settings/config_file.hpp"
#include "settings/mirror_settings.hpp"
#include "settings/section_texts.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/// One key of a [mirror NAME] section: its row in the table from which reading and `show-config` come, and that the
/// manual is held to.
struct mirror_key {
    std::string_view name;
    std::string_view default_text; ///< of `kind` and `url` none: they must be there
    std::string_view help;
    std::vector<mirror_kind> kinds; ///< that it belongs to; empty: all
    /// Parses the text. Throws bad_value, which never shows a URL.
    std::function<void(mirror_settings&, std::string_view text)> assign;
    std::function<std::string(mirror_settings const&)> show; ///< as it is written in a file; never a password

    bool belongs_to(mirror_kind kind) const;
};

std::span<mirror_key const> mirror_keys();

bool is_mirror_name(std::string_view name);

/// Its settings; what is wrong is added to the mistakes, each at its place.
mirror_settings read_mirror(section_texts const& texts, std::vector<mistake>& mistakes);

} // namespace exportd
