#pragma once

#include "mirror/git/branch.hpp"
#include "mirror/git/options.hpp"
#include "mirror/git/program.hpp"
#include "mirror/git/push.hpp"
#include "mirror/git/remote.hpp"
#include "mirror/target.hpp"

#include <stop_token>
#include <vector>

namespace notes_export::mirror {

/**
 * A branch of a git repository. One commit for each step, of exactly the paths that changed, on top of what is there.
 *
 * Others    their files on the branch stay, and are named where they are in the way; what they did to ours is undone. A
 *           push that comes too late is put on top of theirs and tried again; nothing is forced but the one push that
 *           begins the branch anew (history).
 * Pace      all pushes to other hosts count, also those that are refused: see git_options::between_pushes.
 * Safety    a commit is pushed whole or not at all. Whatever is killed when, the next step continues.
 * Throws    as target, and file_error for our own repository. kind() is one of unreachable, slow, credentials,
 * host_key, not_found, refused, diverged, branch_moved, in_the_way, too_large, disk_full, disk, held, no_git,
 * not_supported, configuration, git.
 * Thread    one.
 */
class git_target : public target {
public:
    /// Touches nothing yet.
    git_target(git_options options, published_paths ours);

    cursor read_cursor(std::stop_token const& stop) override;
    void apply(change_set const& changes, tree_source& source, std::stop_token const& stop,
               step_result& result) override;
    std::vector<difference> verify(tree_source& source, std::size_t at_most, std::stop_token const& stop) override;

private:
    cursor cursor_of(git_object_id const& commit, std::stop_token const& stop) const;
    std::vector<difference> suspects(git_listing& there, tree_source& source, std::size_t at_most,
                                     std::stop_token const& stop) const;

    git_options m_options;
    git_program m_git;
    git_remote m_remote;
    git_branch m_branch;
    git_push m_push;
};

} // namespace notes_export::mirror
