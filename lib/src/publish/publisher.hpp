#pragma once

#include "publish/staged_directories.hpp"
#include "publish/staging.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace notes_export {

/// A file that is to be on disk with others, and may be written only when its turn comes, on any thread.
struct late_file {
    std::function<file()> open;
    std::function<std::filesystem::path()> path; ///< for errors, once it is open
};

/**
 * Puts staged files into their places so that at every moment, and after every crash, each place holds a whole old or a
 * whole new file. The order between calls is the caller's: profiles, then what refers to them, metadata.json last.
 */
class publisher {
public:
    publisher(tree const& t, staging const& s) : m_tree{&t}, m_staging{&s} {}

    /// Throws file_error when one of them could not be renamed to its target: before anything is.
    void require_renames(std::vector<staged_file> const& files) const;
    /// Renames all to their targets (missing directories are made) and returns when the directories are on disk, those
    /// of an earlier publish_directories() as well. For each file first its old twins go, then it is replaced, then its
    /// new twins come: whoever finds a twin, in any moment, finds that of the file.
    void publish(std::vector<staged_file> files, std::vector<std::string> changed = {}) const;
    /// Puts `mark`, if any, into its place, and returns when that and the contents of `files`, which stay staged, and
    /// of `late` are on disk. The mark's own content is there already. One wait for all: each costs a commit of the
    /// file system's journal.
    void announce(std::optional<staged_file> const& mark, std::vector<staged_file> const& files,
                  std::vector<late_file> const& late) const;
    /// Renames it to its target and waits for nothing. The directory is there.
    void put(staged_file const& f) const;
    /// Puts each of these new directories of the tree into its place with all that is staged in it, and takes those
    /// files out of `files`. Where something is by now, or where the file system cannot do that, they stay for
    /// publish(). Directories that got a new entry are appended to `changed`.
    void publish_directories(staged_directories const& staged, std::set<std::string> const& directories,
                             std::vector<staged_file>& files, std::vector<std::string>& changed) const;
    /// Unlinks these paths (missing ones are fine), twins before their file, and returns when the directories are on
    /// disk.
    void remove(std::vector<std::string> paths) const;

private:
    bool put_into_place(staged_directories const& staged, std::string const& directory,
                        std::vector<std::string>& changed) const;

    tree const* m_tree;
    staging const* m_staging;
};

} // namespace notes_export
