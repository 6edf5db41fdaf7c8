#include "files/file.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

void file::reset() noexcept {
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
}

void file::close(std::string_view path) {
    int const fd = std::exchange(m_fd, -1);
    // EINTR from close(2) on Linux: the descriptor is closed all the same.
    if (fd >= 0 && ::close(fd) != 0 && errno != EINTR)
        throw file_error("close", path, errno);
}

void write_all(int fd, std::string_view bytes, std::filesystem::path const& path) {
    while (!bytes.empty()) {
        auto const n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw file_error("write", path, errno);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

std::size_t read_up_to(int fd, std::span<char> block, std::filesystem::path const& path) {
    std::size_t used = 0;
    while (used < block.size()) {
        auto const n = ::read(fd, block.data() + used, block.size() - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw file_error("read", path, errno);
        if (n == 0)
            break;
        used += static_cast<std::size_t>(n);
    }
    return used;
}

std::optional<std::string> read_rest(int fd, std::size_t longest, std::filesystem::path const& path) {
    struct stat info {};
    if (::fstat(fd, &info) != 0)
        throw file_error("stat", path, errno);
    // One byte more shows whether there is more.
    std::string bytes(std::min(static_cast<std::size_t>(info.st_size), longest) + 1, '\0');
    std::size_t used = 0;
    for (;;) {
        used += read_up_to(fd, std::span{bytes}.subspan(used), path);
        if (used > longest)
            return std::nullopt;
        if (used < bytes.size())
            break;
        bytes.resize(std::min(2 * bytes.size(), longest + 1));
    }
    bytes.resize(used);
    return bytes;
}

// Looking is a tenth of the price of setting, which writes to the file system's journal.
void require_mode(int fd, unsigned mode, std::filesystem::path const& path) {
    struct stat info {};
    if (::fstat(fd, &info) != 0)
        throw file_error("stat", path, errno);
    if ((info.st_mode & mode) != mode && ::fchmod(fd, (info.st_mode & 07777) | mode) != 0)
        throw file_error("chmod", path, errno);
}

void fsync_or_throw(int fd, std::filesystem::path const& path) {
    if (::fsync(fd) != 0)
        throw file_error("fsync", path, errno);
}

} // namespace notes_export
