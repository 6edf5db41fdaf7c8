#pragma once

#include "feed/published_paths.hpp"
#include "mirror/directory/file_copier.hpp"
#include "mirror/directory/target_directory.hpp"
#include "mirror/target.hpp"

#include <span>
#include <stop_token>

namespace notes_export::mirror {

/// One step of a directory_target. Throws file_error for the target, source_error for the tree, tree_moved_on,
/// cancelled.
class directory_step {
public:
    directory_step(target_directory& to, published_paths const& ours, tree_source& source, std::stop_token const& stop,
                   step_result& result)
        : m_files{to, source, stop, result}, m_to{&to}, m_ours{&ours}, m_source{&source}, m_stop{&stop} {}

    void run(change_set const& changes);

private:
    void copy_listed(change_set const& changes);
    /// Of one rank, in their order.
    void copy_some(std::span<listed_file const> files);
    void copy_metadata(change_set const& changes);

    file_copier m_files;
    target_directory* m_to;
    published_paths const* m_ours;
    tree_source* m_source;
    std::stop_token const* m_stop;
};

} // namespace notes_export::mirror
