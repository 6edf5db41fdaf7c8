#include "files/stamp.hpp"

#include "notes_export/error.hpp"

#include <cerrno>
#include <sys/stat.h>

namespace notes_export {

namespace {

bool same_time(timespec const& a, timespec const& b) noexcept {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

} // namespace

bool file_stamp::same_content(file_stamp const& other) const noexcept {
    return device == other.device && inode == other.inode && size == other.size && same_time(modified, other.modified);
}

bool file_stamp::operator==(file_stamp const& other) const noexcept {
    return same_content(other) && same_time(changed, other.changed);
}

std::optional<file_stamp> stamp_of(int fd, std::filesystem::path const& path) {
    struct stat info {};
    if (::fstat(fd, &info) != 0)
        throw file_error("stat", path, errno);
    if (!S_ISREG(info.st_mode))
        return std::nullopt;
    return file_stamp{info.st_dev, info.st_ino, info.st_size, info.st_mtim, info.st_ctim};
}

} // namespace notes_export
