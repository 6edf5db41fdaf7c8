#pragma once

#include "files/file.hpp"
#include "publish/tree.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace notes_export {

/// Compares an open file with bytes that come piece by piece. Memory: one block.
class file_comparison {
public:
    /// No file: missing. Throws file_error.
    file_comparison(file const& f, std::filesystem::path path);

    /// The next bytes that the file should have.
    void append(std::string_view bytes);
    /// After all of them.
    tree::comparison result();

private:
    bool fill();

    int m_fd;
    std::filesystem::path m_path;
    tree::comparison m_so_far;
    std::vector<char> m_block;
    std::string_view m_rest; ///< of the block
};

} // namespace notes_export
