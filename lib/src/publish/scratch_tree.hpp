#pragma once

#include "publish/tree.hpp"

#include <filesystem>

namespace notes_export {

/**
 * An empty tree of our own in the directory for temporary files, removed at the end.
 *
 * Throws file_error.
 */
class scratch_tree {
public:
    scratch_tree();
    ~scratch_tree();
    scratch_tree(scratch_tree const&) = delete;
    scratch_tree& operator=(scratch_tree const&) = delete;

    std::filesystem::path const& path() const noexcept { return m_path; }
    tree const& files() const noexcept { return m_files; }

private:
    std::filesystem::path m_path;
    tree m_files;
};

} // namespace notes_export
