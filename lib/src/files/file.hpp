#pragma once

#include "notes_export/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace notes_export {

/// Owns a file descriptor.
class file {
public:
    file() noexcept = default;
    explicit file(int fd) noexcept : m_fd{fd} {}
    file(file&& other) noexcept : m_fd{std::exchange(other.m_fd, -1)} {}
    file& operator=(file&& other) noexcept {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~file() { reset(); }

    int fd() const noexcept { return m_fd; }
    explicit operator bool() const noexcept { return m_fd >= 0; }
    void reset() noexcept;
    int release() noexcept { return std::exchange(m_fd, -1); }
    /// Closes and reports what close() reports: on some file systems a write error shows only here.
    void close(std::string_view path);

private:
    int m_fd = -1;
};

void write_all(int fd, std::string_view bytes, std::filesystem::path const& path);
/// Fills `block` as far as the file reaches; returns how much that was, 0 at the end.
std::size_t read_up_to(int fd, std::span<char> block, std::filesystem::path const& path);
/// The rest of the file, which may become longer meanwhile; nullopt when that is more than `longest` bytes.
std::optional<std::string> read_rest(int fd, std::size_t longest, std::filesystem::path const& path);
/// Adds the bits of the mode that the umask, or a default access list of the directory, took away: web servers must be
/// able to read. What it has besides, such as the setgid bit of a directory, stays.
void require_mode(int fd, unsigned mode, std::filesystem::path const& path);
void fsync_or_throw(int fd, std::filesystem::path const& path);

} // namespace notes_export
