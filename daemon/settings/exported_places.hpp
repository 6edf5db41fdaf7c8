#pragma once

#include "settings/settings.hpp"

#include <string>
#include <vector>

namespace exportd {

/// A file, or a directory of files, of one section that is in the way of another's.
struct place_clash {
    std::string kind; ///< "dataset" or "document"
    std::string name; ///< of the section
    std::string key;  ///< "path" or "index"
    std::string what; ///< for people
};

/// Paths that cannot be in one tree, each told of the later section. Pure.
std::vector<place_clash> meeting_places(settings const& s);

} // namespace exportd
