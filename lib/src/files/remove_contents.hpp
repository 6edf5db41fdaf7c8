#pragma once

#include <filesystem>

namespace notes_export {

/// Removes everything in an open directory, whatever it is and however deep. Symbolic links are removed, not followed.
/// For the private directory only: in the rest of the tree nothing is removed but profiles.
void remove_contents(int directory, std::filesystem::path const& path);

} // namespace notes_export
