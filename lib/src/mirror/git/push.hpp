#pragma once

#include "feed/published_paths.hpp"
#include "mirror/git/branch.hpp"
#include "mirror/git/program.hpp"
#include "mirror/git/remote.hpp"
#include "mirror/git/writer.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace notes_export::mirror {

/**
 * Brings a commit to the other side: in its turn, on top of what others were faster with, and once in a while as the
 * beginning of a new branch. See git_target.
 *
 * Throws  mirror_error, file_error, cancelled. Thread: one.
 */
class git_push {
public:
    /// All of them live as long as this.
    git_push(git_program const& git, git_remote const& remote, git_branch& branch, published_paths const& ours)
        : m_git{git}, m_remote{remote}, m_branch{branch}, m_ours{ours} {}

    void run(git_object_id next, git_step const& step);

private:
    bool begin_anew(git_object_id const& next, git_step const& step);
    git_object_id put_on_theirs(git_object_id const& next, std::string const& said, git_step const& step);
    git_remote::pushed send(git_object_id const& id, std::optional<git_object_id> const& instead_of,
                            git_step const& step) const;
    void wait_for_turn(std::stop_token const& stop) const;
    void keep_small(bool anew, git_step const& step) const;

    git_program const& m_git;
    git_remote const& m_remote;
    git_branch& m_branch;
    published_paths const& m_ours;
    std::int64_t m_not_anew_before = 0; ///< Unix seconds: beginning the branch anew was refused
};

} // namespace notes_export::mirror
