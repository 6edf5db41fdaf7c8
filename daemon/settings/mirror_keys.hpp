#pragma once

#include "settings/config_file.hpp"
#include "settings/mirror_settings.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/// One key of a [mirror NAME] section: its row in the table from which reading, help, manual and completion come.
struct mirror_key {
    std::string_view name;
    std::string_view default_text; ///< of `kind` and `url` none: they must be there
    std::string_view help;
    std::vector<mirror_kind> kinds; ///< that it belongs to; empty: all
    /// Parses the text. Throws bad_value, which never shows a URL.
    std::function<void(mirror_settings&, std::string_view text)> assign;

    bool belongs_to(mirror_kind kind) const;
};

std::span<mirror_key const> mirror_keys();
std::string_view word_of(mirror_kind kind);

/// "mirror NAME", as a section or as the words of --set, to NAME; "" when it is about no mirror.
std::string_view mirror_of_section(std::string_view section);
bool is_mirror_name(std::string_view name);

/// All that was said of one mirror.
struct mirror_texts {
    std::string name;
    std::string where; ///< first
    struct entry {
        std::string key;
        std::string value;
        std::string where;
        std::string prefix; ///< "[mirror NAME] key: " in a file
    };
    std::vector<entry> entries; ///< the last of a key holds
};

/// Its settings; what is wrong is added to the mistakes, each at its place.
mirror_settings read_mirror(mirror_texts const& texts, std::vector<mistake>& mistakes);

} // namespace exportd
