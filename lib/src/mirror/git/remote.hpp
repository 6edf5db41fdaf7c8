#pragma once

#include "mirror/git/program.hpp"
#include "mirror/git/words.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace notes_export::mirror {

/// The branch on the other side. Throws mirror_error, cancelled. Thread: one.
class git_remote {
public:
    explicit git_remote(git_program const& git) : m_git{git} {}

    remote_branches look(std::stop_token const& stop) const;
    /// Into a ref of ours. Fails for a repository without the beginning of its history: git leaves the ref as it is.
    void fetch(std::string const& into, std::stop_token const& stop) const;

    struct pushed {
        bool taken = false; ///< false: the branch has moved on, fetch it
        std::uint64_t bytes = 0;
        std::string said; ///< why not
    };
    /// Never forced, unless `instead_of` is given: then the branch is replaced if it is still that commit.
    pushed push(git_object_id const& id, std::uint64_t generation, std::optional<git_object_id> const& instead_of,
                std::stop_token const& stop) const;

private:
    git_program const& m_git;
};

/// Did somebody else push before us? Of what git says of the branch. Pure.
bool is_lost_race(std::string_view summary);

} // namespace notes_export::mirror
