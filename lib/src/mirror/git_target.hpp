#pragma once

#include "mirror/git_options.hpp"
#include "mirror/git_program.hpp"
#include "mirror/git_remote.hpp"
#include "mirror/git_repository.hpp"
#include "mirror/git_writer.hpp"
#include "mirror/target.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

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
    step_result apply(change_set const& changes, tree_source& source, std::stop_token const& stop) override;
    std::vector<difference> verify(tree_source& source, std::size_t at_most, std::stop_token const& stop) override;

private:
    void look(std::stop_token const& stop);
    void find_head(git_object_id const& branch, std::optional<git_object_id> const& known, std::stop_token const& stop);
    void look_at_missing_branch(remote_branches const& there, std::stop_token const& stop);
    void note_default_branch(remote_branches const& there);
    cursor cursor_of(git_object_id const& commit, std::stop_token const& stop) const;
    void push(git_object_id next, git_step const& step);
    bool begin_anew(git_object_id const& next, git_step const& step);
    git_object_id put_on_theirs(git_object_id const& next, std::string const& said, git_step const& step);
    git_remote::pushed send(git_object_id const& id, std::optional<git_object_id> const& instead_of,
                            git_step const& step) const;
    void taken(git_object_id const& id, std::stop_token const& stop);
    void wait_for_turn(std::stop_token const& stop) const;
    void keep_small(bool anew, git_step const& step) const;
    std::vector<difference> suspects(git_listing& there, tree_source& source, std::size_t at_most,
                                     std::stop_token const& stop) const;

    git_options m_options;
    published_paths m_ours;
    git_program m_git;
    git_remote m_remote;
    std::unique_ptr<git_repository> m_repository; ///< opened at the first look
    std::optional<git_object_id> m_head;          ///< of the branch; none: it is not there
    std::optional<git_object_id> m_base;          ///< what we made of it last; none: that is not known
    std::int64_t m_not_anew_before = 0;           ///< Unix seconds: beginning it anew was refused
    bool m_looked = false;
    std::vector<std::string> m_warnings; ///< of the look, for the next step
    std::string m_first_warning;         ///< of the opening, for the first step
};

} // namespace notes_export::mirror
