#pragma once

#include <string>
#include <string_view>

namespace notes_export::mirror {

/// Why git cannot be given this address; "" when it can. Transports that run programs (ext::) are none of ours.
std::string unusable_git_url(std::string_view url);
/// Why this is no name of a branch; "" when it is one.
std::string unusable_git_branch(std::string_view branch);
/// Why this is no "Name <mail>"; "" when it is one.
std::string unusable_git_author(std::string_view author);

/// The address without user and password, for people.
std::string shown_git_url(std::string_view url);
/// Is it a directory of this machine?
bool is_local_git_url(std::string_view url);
/// Text of others about this address, without what is secret in it.
std::string without_secrets(std::string text, std::string_view url);

} // namespace notes_export::mirror
