#pragma once

#include "mirror/error.hpp"

#include <string>
#include <string_view>

namespace notes_export::mirror {

/// What git was doing when it failed, for people.
struct git_attempt {
    std::string what; ///< "push generation 42 to branch main of https://example.org/r.git"
    std::string url;  ///< as configured: what is secret in it is shown nowhere
};

/// The error for what git printed, as git 2.34 and later say it in English, and OpenSSH. Pure.
mirror_error git_failure(git_attempt const& attempt, int status, std::string_view errors);
/// The same for a push that was refused: `summary` is what git says of the branch. The remedy names a lock or a branch
/// that git names.
mirror_error push_failure(git_attempt const& attempt, std::string_view summary, std::string_view errors);
/// It made no progress.
mirror_error git_silence(git_attempt const& attempt, std::string_view why, std::string_view errors);

} // namespace notes_export::mirror
