#pragma once

#include "files/file.hpp"
#include "mirror/git/program.hpp"
#include "mirror/git/words.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace notes_export::mirror {

/**
 * Our own bare repository: what is on the branch, and what is to be.
 *
 * Refs     refs/exportd/pushed: what we last made of the branch. refs/exportd/next: what is to be pushed.
 *          refs/exportd/seen: what others made of it. That they are there after a crash is a help, not a need:
 *          everything can be fetched again.
 * Damage   what git cannot read is removed when it is opened, and made anew; so is what is of another branch.
 * Safety   a lock keeps others away, so what a killed git left (*.lock, half a pack) is removed when it is opened.
 * Throws   mirror_error, file_error, cancelled. Thread: one.
 */
class git_repository {
public:
    git_repository(git_program const& git, std::stop_token const& stop);
    /// Why it was made anew; "" when it was not, or nothing was there.
    std::string const& made_anew() const noexcept { return m_made_anew; }

    static constexpr char const* pushed_ref = "refs/exportd/pushed";
    static constexpr char const* next_ref = "refs/exportd/next";
    static constexpr char const* seen_ref = "refs/exportd/seen";

    std::optional<git_object_id> ref(std::string const& name, std::stop_token const& stop) const;
    void set_ref(std::string const& name, git_object_id const& id, std::stop_token const& stop) const;
    void remove_ref(std::string const& name, std::stop_token const& stop) const;

    std::optional<commit_facts> commit(git_object_id const& id, std::stop_token const& stop) const;
    /// A small file of a commit; nullopt: not there, or longer than a megabyte.
    std::optional<std::string> small_file(git_object_id const& commit, std::string const& path,
                                          std::stop_token const& stop) const;
    /// Files below a directory of a commit ("" is its root), paths relative to it. Submodules and links too.
    using on_entry = std::function<void(tree_entry const& entry)>;
    void for_each_file(git_object_id const& commit, std::string const& directory, on_entry const& each,
                       std::stop_token const& stop) const;
    /// What is not the same in both, below a directory: as it is in `to`, mode 000000 where it is not there.
    void for_each_change(git_object_id const& from, git_object_id const& to, std::string const& directory,
                         on_entry const& each, std::stop_token const& stop) const;
    /// What is in `from`, and not the same or not at all in `to`: as it is in `from`. Paths are from the root.
    void for_each_replaced(git_object_id const& from, git_object_id const& to, on_entry const& each,
                           std::stop_token const& stop) const;
    /// When the oldest commit behind this one was made, Unix seconds.
    std::int64_t beginning_of(git_object_id const& commit, std::stop_token const& stop) const;
    /// What is behind this commit counts as not known here: git then compares trees, and sends nothing that is in its
    /// tree.
    void forget_behind(git_object_id const& commit) const;
    void remember_all() const; ///< takes that back

    /// Packs together what many steps left. `all`: everything anew, without what no ref reaches.
    void pack(bool all, std::stop_token const& stop) const;
    std::size_t packs() const;

    std::filesystem::path const& path() const { return m_git.options().repository; }

private:
    void for_each_difference(git_program::arguments const& more, std::string const& directory, on_entry const& each,
                             std::stop_token const& stop) const;
    void make(std::stop_token const& stop) const;
    std::string reason_to_make_anew(bool noted, std::stop_token const& stop) const;
    void note_branch() const;
    bool is_readable(std::stop_token const& stop) const;
    void remove_all() const;
    void lock(std::stop_token const& stop);
    void remove_leftovers() const;

    git_program const& m_git;
    file m_lock;
    std::string m_made_anew;
};

} // namespace notes_export::mirror
