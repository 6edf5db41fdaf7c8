#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/// All that was said of one thing that has a name: [mirror NAME], [dataset NAME], [document NAME].
struct section_texts {
    std::string name;
    std::string where; ///< first
    struct entry {
        std::string key;
        std::string value;
        std::string where;
        std::string prefix; ///< "[mirror NAME] key: " in a file
    };
    std::vector<entry> entries; ///< the last of a key holds

    /// What holds; nullptr: nothing was said of it.
    entry const* last(std::string_view key) const {
        entry const* found = nullptr;
        for (auto const& each : entries)
            if (each.key == key)
                found = &each;
        return found;
    }
};

} // namespace exportd
