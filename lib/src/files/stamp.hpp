#pragma once

#include <ctime>
#include <filesystem>
#include <optional>
#include <sys/types.h>

namespace notes_export {

/// Tells whether a file is the one it was. Whoever writes to it, or only changes its times, changes the stamp.
struct file_stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    timespec changed{};

    bool operator==(file_stamp const& other) const noexcept;
    /// The same, but for what a rename, a link or a change of rights leaves behind.
    bool same_content(file_stamp const& other) const noexcept;
};

/// nullopt when it is no regular file.
std::optional<file_stamp> stamp_of(int fd, std::filesystem::path const& path);

} // namespace notes_export
