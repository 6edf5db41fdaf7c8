#pragma once

#include "notes_export/config.hpp"
#include "publish/tree.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace notes_export {

/// What in a tree keeps this process from replacing files there.
struct obstacles {
    static constexpr std::size_t most_named = 5;
    std::vector<std::string> foreign; ///< "users/0/3 (root)": directories of others, and private files; some of them
    std::size_t foreign_count = 0;
    std::vector<std::string> links; ///< symbolic links in the place of directories; some of them
    std::size_t link_count = 0;
};

/// Looks at all directories, and at the private files, but not at profiles: whoever owns the directory replaces those.
/// Throws file_error.
obstacles find_obstacles(tree const& t, export_config const& config);

/// "root", or "#1000" for a user without a name.
std::string owner_name(uid_t owner);

} // namespace notes_export
