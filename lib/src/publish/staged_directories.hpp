#pragma once

#include "publish/staging.hpp"

#include <string>
#include <string_view>

namespace notes_export {

/**
 * Directories that the tree does not have yet, staged with all that will be in them, so that one rename puts each into
 * its place. That spares a rename for every file, and all of them the one crowded directory.
 *
 * Thread: write() from any number of threads; the rest from one.
 */
class staged_directories {
public:
    /// Makes an empty directory in staging, in which they will be under their own paths.
    explicit staged_directories(staging& s);

    /// One file with these bytes for `target`, in directories as they will be. Not durable yet.
    staged_file write(std::string_view bytes, std::string target) const;

    /// The path in staging of a directory or file of the tree.
    std::string staged(std::string_view path) const { return m_name + '/' + std::string{path}; }
    bool holds(staged_file const& f) const { return f.name.starts_with(m_name + '/'); }

    /// Removes what was not put into place: when all was, empty directories.
    void remove() const;

private:
    file create(std::string const& path) const;
    void make_directory(std::string const& path) const;

    staging const* m_staging;
    std::string m_name;
    file m_directory;
    mode_t m_mode; ///< what new directories are asked to be; their default access list may have the last word
};

} // namespace notes_export
