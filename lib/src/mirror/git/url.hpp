#pragma once

#include <string>
#include <string_view>

namespace notes_export::mirror {

/// The address without user and password, for people.
std::string shown_git_url(std::string_view url);
/// Is it a directory of this machine?
bool is_local_git_url(std::string_view url);
/// Text of others about this address, without what is secret in it.
std::string without_secrets(std::string text, std::string_view url);

} // namespace notes_export::mirror
