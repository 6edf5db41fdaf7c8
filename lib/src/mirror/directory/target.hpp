#pragma once

#include "feed/published_paths.hpp"
#include "mirror/directory/target_directory.hpp"
#include "mirror/target.hpp"

#include <filesystem>

namespace notes_export::mirror {

/**
 * A copy in a directory: another disk, an NFS mount.
 *
 * Each file is replaced as a whole and durably, in the order of publication, so that a reader of the copy sees what a
 * reader of the tree might have seen. While removals are left to do behind metadata.json, `.exportd-mirror/unfinished`
 * says from which generation the step is to be done again. What is equal already is not touched. Comparing everything
 * holds the tree only for moments; what was published meanwhile is added from its change lists before metadata.json is
 * written.
 */
class directory_target : public target {
public:
    directory_target(std::filesystem::path root, published_paths ours);

    cursor read_cursor(std::stop_token const& stop) override;
    void apply(change_set const& changes, tree_source& source, std::stop_token const& stop,
               step_result& result) override;
    std::vector<difference> verify(tree_source& source, std::size_t at_most, std::stop_token const& stop) override;

private:
    std::filesystem::path m_root;
};

} // namespace notes_export::mirror
