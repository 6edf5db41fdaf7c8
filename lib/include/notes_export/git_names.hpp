#pragma once

#include <string>
#include <string_view>

/// What a mirror can be told of a git repository. Each gives why not, for people and without the text; "" when it can.
namespace notes_export {

/// An address that git pushes to. Transports that run programs (ext::) are none of ours.
std::string unusable_git_url(std::string_view url);
/// The name of a branch, as git-check-ref-format(1) has it, without refs/heads/.
std::string unusable_git_branch(std::string_view branch);
/// "Name <mail>".
std::string unusable_git_author(std::string_view author);

} // namespace notes_export
