#pragma once

#include "feed/published_paths.hpp"
#include "mirror/directory/file_copier.hpp"
#include "mirror/directory/path_set.hpp"
#include "mirror/directory/target_directory.hpp"
#include "mirror/target.hpp"

#include <cstdint>
#include <set>
#include <stop_token>
#include <string>

namespace notes_export::mirror {

/**
 * The step of a directory_target that compares everything: what is not equal is copied, what the tree has not is
 * removed. The tree moves on meanwhile, so it is followed by its change lists up to a metadata.json. Goes on with a
 * first copy that was cut short.
 *
 * Throws  file_error for the target, source_error for the tree, tree_moved_on, cancelled. Thread: one.
 */
class directory_everything {
public:
    directory_everything(file_copier& files, target_directory& to, published_paths const& ours, tree_source& source,
                         std::stop_token const& stop)
        : m_files{&files}, m_to{&to}, m_ours{&ours}, m_source{&source}, m_stop{&stop} {}
    ~directory_everything() { m_source->need_only({}); }
    directory_everything(directory_everything const&) = delete;
    directory_everything& operator=(directory_everything const&) = delete;

    void run(change_set const& changes);

private:
    void copy_everything(change_set const& changes);
    /// The generation from which on the lists must be followed when all files were copied.
    std::uint64_t begin_copy(change_set const& changes);
    bool goes_on(target_directory::first_copy const& begun);
    bool holds_files() const;
    bool is_copied(std::string const& path) const;
    void copy_or_miss(std::string const& path);
    /// What was published since everything was compared, up to metadata.json. The generation that it is.
    std::uint64_t catch_up(std::uint64_t from);
    bool copy_since(change_set const& more);
    bool metadata_of(std::uint64_t generation);
    void remove_rest();
    void warn_of_missing();

    file_copier* m_files;
    target_directory* m_to;
    published_paths const* m_ours;
    tree_source* m_source;
    std::stop_token const* m_stop;

    bool m_goes_on = false;        ///< with a first copy that was cut short: profiles that are there were copied by it
    path_set m_seen;               ///< in the tree, when everything is compared
    std::set<std::string> m_added; ///< and since then
    std::set<std::string> m_gone;
    std::set<std::string> m_missing; ///< was in the tree's listing, but not there
};

} // namespace notes_export::mirror
