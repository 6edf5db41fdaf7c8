#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace notes_export {

/// A part of a large open file, moved along it as needed: memory stays small whatever its size.
class file_window {
public:
    file_window(int fd, std::filesystem::path path, std::size_t block)
        : m_fd{fd}, m_path{std::move(path)}, m_block{block} {}

    /// The bytes from here to the end of the window: at least `wanted`, unless the file ends before that. Valid until
    /// the next call.
    std::string_view at(std::uint64_t offset, std::size_t wanted);
    /// Where the first `c` at or behind this offset is; nullopt when there is none.
    std::optional<std::uint64_t> find(char c, std::uint64_t offset);

private:
    void move_to(std::uint64_t offset, std::size_t wanted);

    int m_fd;
    std::filesystem::path m_path;
    std::size_t m_block;
    std::vector<char> m_bytes;
    std::uint64_t m_begin = 0; ///< of m_bytes in the file
    std::size_t m_used = 0;
};

} // namespace notes_export
