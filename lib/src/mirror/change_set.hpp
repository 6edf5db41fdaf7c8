#pragma once

#include "notes_export/feed.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace notes_export::mirror {

/// What a step is to do: the lists of all generations that wait, as one.
struct change_set {
    std::uint64_t from = 0;  ///< generation in the target before; 0: nothing of ours
    std::uint64_t to = 0;    ///< generation in the target after
    std::string export_date; ///< of `to`
    std::string version;     ///< of `to`
    /// The lists do not reach from `from` to `to`: compare all files. `changed` and `removed` are empty then.
    bool everything = false;
    std::string reason;                  ///< why everything: for log and messages
    std::vector<listed_file> changed;    ///< each path once, as it is in `to`; in the order of publication
    std::vector<std::string> removed;    ///< paths that are in none of `changed`
    std::vector<std::string> warnings{}; ///< what is wrong with the lists, a line each
};

} // namespace notes_export::mirror
