#pragma once

#include "feed/published_paths.hpp"
#include "mirror/git/import.hpp"
#include "mirror/git/listing.hpp"
#include "mirror/git/repository.hpp"
#include "mirror/target.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/// What a step works with, and what it says of itself.
struct git_step {
    change_set& changes; ///< `to` becomes later when the tree moves on while all of it is compared
    tree_source& source;
    step_result& result;
    std::stop_token const& stop;
};

/**
 * Makes the commits of a mirror in its own repository: the tree's files, and the schemas.
 *
 * Throws  mirror_error, tree_moved_on, cancelled. Thread: one.
 */
class git_writer {
public:
    git_writer(git_program const& git, git_repository const& repository, published_paths const& ours)
        : m_git{git}, m_options{git.options()}, m_repository{repository}, m_ours{ours} {}

    /// Exactly the listed paths, on top of `base`. Each file is read once, and is what the list says.
    git_object_id changes(git_object_id const& base, git_step const& step) const;
    /// All that is not equal in `base`, if there is one.
    git_object_id everything(std::optional<git_object_id> const& base, git_step const& step) const;
    /// `head`, with our paths as they are in `next`; those of others as they are in `head`.
    git_object_id put_on_top(git_object_id const& head, git_object_id const& next, git_step const& step) const;
    /// The same files as `next` has, without history.
    git_object_id anew(git_object_id const& next, git_step const& step) const;

    /// Our paths in a commit.
    git_listing list(git_object_id const& commit, std::stop_token const& stop) const;
    /// Bytes of a file of the tree, hashed as git does it; nullopt: it is not there any more.
    static std::optional<git_object_id> hash_of(tree_source& source, std::string const& path, std::uint64_t size,
                                                std::string* keep, std::stop_token const& stop);
    /// The same of a file whose size is not known: it is read twice.
    static std::optional<git_object_id> hash_of(tree_source& source, std::string const& path,
                                                std::stop_token const& stop);

private:
    git_import::commit commit(git_step const& step, std::optional<git_object_id> const& from) const;
    std::string place(std::string const& path) const;
    void check_size(std::string const& path, std::uint64_t size, step_result& result) const;
    void compare_all(git_listing& there, git_import& import, git_step const& step) const;
    void write_whole(std::string const& path, std::string const& bytes, git_import& import, git_step const& step) const;
    void write_large(std::string const& path, std::uint64_t size, git_import& import, git_step const& step) const;
    void write_listed(listed_file const& file, git_import& import, git_step const& step) const;
    void remove(std::string const& path, git_import& import, git_step const& step) const;
    void catch_up(std::uint64_t from, git_import& import, git_step const& step) const;
    void write_schemas(std::optional<git_object_id> const& on, git_import& import, std::stop_token const& stop) const;

    git_program const& m_git;
    git_options const& m_options;
    git_repository const& m_repository;
    published_paths const& m_ours;
};

} // namespace notes_export::mirror
