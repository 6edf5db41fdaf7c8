#pragma once

#include "publish/publisher.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace notes_export {

/**
 * The file with the version of the data format. It belongs to the operator: inside the tree when its path is relative,
 * anywhere when it is absolute.
 *
 * Inside the tree it is treated as all of the tree is: no symbolic link is followed, whatever took the root's place
 * meanwhile is not touched. Thread: one.
 */
class version_file {
public:
    version_file(tree const& t, staging& s, std::filesystem::path path)
        : m_tree{&t}, m_staging{&s}, m_path{std::move(path)} {}

    std::filesystem::path full() const { return m_tree->root() / m_path; }
    /// Its text without white space at the end; nullopt when there is none.
    std::optional<std::string> read() const;
    /// Replaces it as a whole and durably.
    void write(std::string const& version) const;

private:
    tree const* m_tree;
    staging* m_staging;
    std::filesystem::path m_path;
};

} // namespace notes_export
