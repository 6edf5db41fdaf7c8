#pragma once

#include <cstdint>
#include <string>

namespace notes_export {

/// openat2(2) of a path below an open directory: no symbolic link is followed, no other mount entered. Close-on-exec.
/// -1 and errno when it fails.
int open_beneath(int root, std::string const& path, std::uint64_t flags) noexcept;

} // namespace notes_export
