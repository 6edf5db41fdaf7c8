#pragma once

#include "publish/journal.hpp"
#include "publish/publisher.hpp"
#include "publish/tree_lock.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace notes_export {

/// The tree that an exporter holds, from its lock to its journal.
struct held_tree {
    /// Puts in order what a crash left. `used` are the directories, relative to the root, that files are published in;
    /// see used_directories() of check/.
    held_tree(std::filesystem::path const& directory, tree::root_link link, std::vector<std::string> used);
    /// Only to be looked at: nothing is locked or made in the directory, and files are staged in `scratch`.
    held_tree(std::filesystem::path const& directory, tree const& scratch);
    ~held_tree();
    held_tree(held_tree const&) = delete;
    held_tree& operator=(held_tree const&) = delete;

    /// After a crash or a failed cycle: names that it left in the tree are put on disk, before anybody takes them for
    /// published; staging is emptied. A publication that was cut short is told by metadata.json.
    void tidy_up();

    /// false when the root, or what we hold in it, was removed, renamed or replaced: everything must be opened anew.
    bool in_place() const { return files.still_at_path() && lock && lock->in_place(files) && stage.in_place(files); }
    /// Throws when a directory of ours cannot be used (a symbolic link, a mount or a file system of its own): before a
    /// cycle rather than in the middle of its publication.
    void require_directories();
    /// Would this new directory, made in staging, be as it would be when it was made in its place?
    bool may_take_whole(std::string_view directory) const;

    tree files;
    std::optional<tree_lock> lock; ///< none: only to be looked at
    staging stage;
    publisher publish;
    journal notes;

    /// How far a cycle has got with the tree. It stays so when the cycle fails.
    enum class condition {
        tidy,
        published ///< files were put into place, but the cycle has not ended
    };
    condition now = condition::tidy;

    std::vector<std::string> const used_directories;
    publishing_lock::notice waiting; ///< when a publication waits for a reader; on the thread that publishes
};

} // namespace notes_export
