#pragma once

#include "mirror/git/program.hpp"
#include "mirror/git/remote.hpp"
#include "mirror/git/repository.hpp"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export::mirror {

/**
 * What is known of the branch of a git_target: where it is, and what we made of it last. With it goes our own
 * repository, which has its commits.
 *
 * Throws  mirror_error, file_error, cancelled. Thread: one.
 */
class git_branch {
public:
    /// Touches nothing yet. `git` and `remote` live as long as this.
    git_branch(git_program& git, git_remote const& remote) : m_git{git}, m_remote{remote} {}

    /// Asks the other side, and fetches what others made of it. Our repository is opened at the first look.
    void look(std::stop_token const& stop);
    bool was_looked_at() const noexcept { return m_looked; }

    /// After the first look.
    git_repository const& repository() const noexcept { return *m_repository; }
    /// None: it is not there.
    std::optional<git_object_id> const& head() const noexcept { return m_head; }
    /// What we made of it last; none: that is not known.
    std::optional<git_object_id> const& base() const noexcept { return m_base; }
    void forget_base() noexcept { m_base.reset(); }
    /// The other side has taken that commit of ours.
    void taken(git_object_id const& id, std::stop_token const& stop);

    /// Of the last look, for the next step; then of the opening.
    std::vector<std::string> take_warnings();
    std::string take_first_warning();

private:
    void open(std::stop_token const& stop);
    void find_head(git_object_id const& branch, std::optional<git_object_id> const& known, std::stop_token const& stop);
    void look_at_missing(remote_branches const& there, std::optional<git_object_id> const& known);
    void note_default(remote_branches const& there);

    git_program& m_git;
    git_remote const& m_remote;
    std::unique_ptr<git_repository> m_repository;
    std::optional<git_object_id> m_head;
    std::optional<git_object_id> m_base;
    bool m_looked = false;
    std::vector<std::string> m_warnings;
    std::string m_first_warning;
};

} // namespace notes_export::mirror
