#pragma once

#include "files/file.hpp"
#include "files/sha256.hpp"
#include "publish/tree.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/**
 * The directory that a mirror writes to, held: one mirror at a time. Files are written in `.exportd-mirror/` of it,
 * made durable, and renamed into their places; what a kill leaves there is removed by the next one.
 *
 * Everything else of others stays. No symbolic link in it is followed, and no mount in it entered (see tree.hpp).
 * Throws  file_error, lock_held.
 * Thread  one.
 */
class target_directory {
public:
    static constexpr std::string_view private_name = ".exportd-mirror";

    /// The root must be there: an empty directory made in its place may be where a disk is not mounted.
    explicit target_directory(std::filesystem::path const& root);

    tree const& files() const noexcept { return m_files; }

    /// A file that waits for its place.
    class staged {
    public:
        void add(std::string_view piece);
        std::uint64_t size() const noexcept { return m_size; }
        sha256_digest digest() { return m_sha256.finish(); }

    private:
        friend class target_directory;
        std::string m_name; ///< in the private directory
        std::filesystem::path m_full;
        file m_file;
        std::string m_buffer;
        sha256 m_sha256;
        std::uint64_t m_size = 0;
    };
    staged begin();
    void discard(staged s);
    /// Complete; replace_all() puts it into its place.
    void keep(staged s, std::string path);
    std::size_t waiting() const noexcept { return m_waiting.size(); }
    /// Is it a twin of what was kept last? Then the old one goes with the old file, even one that is equal.
    bool replaces_file_of(std::string_view path) const;

    /// Everything that is kept, durably: bytes first, then names. Before a file is replaced its twins go, whoever made
    /// them: they are of what it was.
    void replace_all();
    /// Durably: removals are left to do, for a step from this generation, though metadata.json will soon name the next.
    void begin_removals(std::uint64_t from);
    /// Not durably: that it comes back does no harm.
    void end_removals() { forget(unfinished_name); }
    /// Whose step was cut short in its removals; nullopt: none was.
    static std::optional<std::uint64_t> unfinished_from(tree const& t);

    /// A copy that begins in a directory without any file of the tree. What is found in it later was put there by it,
    /// and was then what the tree had in that generation or after it.
    struct first_copy {
        std::uint64_t generation = 0;
        std::string export_date; ///< of that generation
    };
    void begin_first_copy(first_copy const& which);
    void end_first_copy() { forget(first_copy_name); }
    /// That was cut short; nullopt: none was, or nothing is known of it.
    std::optional<first_copy> unfinished_first_copy() const;

    /// Durably; those that are missing are none to remove. How many were there.
    std::size_t remove(std::vector<std::string> const& paths);

private:
    struct kept {
        std::string name;
        std::string path;
    };
    static constexpr char const* unfinished_name = "unfinished";
    static constexpr char const* first_copy_name = "first_copy";
    /// A small file of the private directory.
    void note(char const* name, std::string const& text);
    void forget(char const* name);
    void lock();
    void clear();
    void make_durable() const;
    void rename_all(std::vector<std::string>& changed) const;
    void remove_old_twins(file const& directory, std::string const& path) const;

    tree m_files;
    file m_private; ///< lock, and what is unfinished
    file m_new;     ///< where files are staged
    file m_lock;
    std::vector<kept> m_waiting;
    std::uint64_t m_next = 0;
};

} // namespace notes_export::mirror
