#pragma once

#include "files/file.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/// An open file beside bytes that come piece by piece. Throws file_error. Thread: one.
class piecewise_comparison {
public:
    /// Both are kept as long as this is; `path` is for errors.
    piecewise_comparison(file const& f, std::filesystem::path path) : m_file{&f}, m_path{std::move(path)} {}

    void add(std::string_view piece);
    /// All has come: is it what is in the file, and no more is there?
    bool is_equal();

private:
    file const* m_file;
    std::filesystem::path m_path;
    std::vector<char> m_block = std::vector<char>(65536);
    bool m_equal = true;
};

} // namespace notes_export::mirror
