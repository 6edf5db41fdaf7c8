#pragma once

#include <notes_export/config.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace exportd {

/// What the file system says of the published tree.
struct tree_figures {
    std::optional<std::uintmax_t> available_bytes;     ///< for the daemon's user; nothing when that cannot be told
    std::map<std::string, std::uintmax_t> index_bytes; ///< dataset -> size of its index; only of those that exist
};

/// A few system calls, which may hang as long as the disk does: for the cycle's thread.
tree_figures measure_tree(notes_export::export_config const& config);

} // namespace exportd
