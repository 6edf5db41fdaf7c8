#pragma once

#include "publish/staging.hpp"

#include <string>
#include <vector>

namespace notes_export {

/**
 * Puts staged files into their places so that at every moment, and after every crash, each place holds a whole old or a
 * whole new file. The order between calls is the caller's: profiles, then what refers to them, metadata.json last.
 */
class publisher {
public:
    publisher(tree const& t, staging const& s) : m_tree{&t}, m_staging{&s} {}

    /// Makes the directories that these files need; returns the directories that got a new entry, for publish().
    std::vector<std::string> make_directories(std::vector<staged_file> const& files) const;
    /// Renames all to their targets (missing directories are made) and returns when the directories are on disk, those
    /// of an earlier make_directories() as well.
    void publish(std::vector<staged_file> files, std::vector<std::string> changed = {}) const;
    /// Unlinks these paths (missing ones are fine) and returns when the directories are on disk.
    void remove(std::vector<std::string> paths) const;

private:
    void sync_directories(std::vector<std::string> directories) const;

    tree const* m_tree;
    staging const* m_staging;
};

} // namespace notes_export
