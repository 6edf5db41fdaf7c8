#pragma once

#include "files/directory_rules.hpp"
#include "notes_export/compression.hpp"
#include "notes_export/feed.hpp"
#include "publish/tree.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// A complete file that waits under the private directory to be renamed to its place.
struct staged_file {
    std::string name;   ///< path in the staging directory
    std::string target; ///< path in the tree
    std::uint64_t size = 0;
    std::optional<sha256_digest> sha256 = {}; ///< of its bytes, where it was computed while they were written
    compressions old_twins = {};              ///< that are beside the old file, and go before it is replaced
};

/**
 * Where new files are written before they are published: on the same file system as their place, under the tree's root,
 * even when the root is a bind mount of its own.
 *
 * What is made in a directory takes from it the group (setgid), the access list, the project; what is renamed into it
 * does not. So the files for a directory that hands on something else than staging does are written in a room of its
 * own, a directory that was made in there and then moved here.
 *
 * Thread: write() from any number of threads; the rest from one.
 */
class staging {
public:
    /// Opens the directory; clear() it before the first write().
    explicit staging(tree const& t);

    /// Looks at the directories at the top of the tree, "" is the root, and makes rooms; those that are missing will be
    /// as the root is. Throws file_error when nothing can be renamed from here into one of them.
    /// Whenever the directory was cleared, and before each cycle.
    void look_at(tree const& t, std::vector<std::string> const& tops);
    /// Would files of staging itself, at this place, be other than those that are made there?
    bool has_room(std::string_view path) const { return room_of(path) != nullptr; }
    /// Can what is staged for this directory be renamed into it? Throws file_error, and says what to do, when not.
    void require_rename_into(tree const& t, std::string_view directory) const;
    /// Does a directory that is open hand on what staging does?
    bool hands_on_as(int directory, std::filesystem::path const& path) const {
        return directory_rules::of(directory, path).hand_on_as(m_rules);
    }

    /// From now on write(), and that of staged_directories, computes the digests of public files.
    void compute_digests(bool wanted) noexcept { m_digests = wanted; }
    /// Of the bytes of one file; nullopt when that is not wanted.
    std::optional<sha256_digest> digest_of(std::string_view bytes, std::string_view target) const;

    /// One file with these bytes, for `target`. Not durable yet.
    staged_file write(std::string_view bytes, std::string target);

    /// A file that is written piece by piece.
    class writer {
    public:
        void append(std::string_view bytes);
        staged_file finish();

    private:
        friend class staging;
        writer(staging& s, std::string target);
        staging* m_staging;
        std::string m_target;
        std::string m_name;
        file m_file;
        std::string m_buffer;
        std::uint64_t m_size = 0;
    };
    writer begin(std::string target) { return {*this, std::move(target)}; }

    /// For comparing with the live file.
    file open(staged_file const& f) const;
    void discard(staged_file const& f) const;
    /// Paths of the files in the directory: after a crash, what was not published.
    std::vector<std::string> names() const;
    /// A name that nothing else in the directory has.
    std::string next_name() { return std::to_string(m_next++); }
    /// Removes everything in the directory.
    void clear();
    /// false when the directory was removed or replaced.
    bool in_place(tree const& t) const;
    /// All of these are on disk, or an exception. After a failure they must be written again, never synced again: the
    /// kernel marks pages clean that it could not write.
    void make_durable(std::vector<staged_file> const& files) const;
    /// Everything that is complete now. Worth it for more files than these: one syncfs(2) costs as much as some hundred
    /// fsync(2), and flushes what others wrote as well.
    void sync_all() const;
    static constexpr std::size_t sync_one_by_one = 200;

    int fd() const noexcept { return m_directory.fd(); }
    std::filesystem::path full(std::string_view name) const { return m_path / name; }

private:
    struct own_room {
        std::string name;
        directory_rules rules;
    };
    own_room const* room_of(std::string_view path) const;
    void open_room(tree const& t, std::string const& top, file const& directory, directory_rules const& rules);
    std::string name_for(std::string_view target);
    file create(std::string const& name, std::string_view target) const;

    std::filesystem::path m_path;
    file m_directory;
    directory_rules m_rules;
    std::map<std::string, own_room, std::less<>> m_rooms; ///< by directory at the top of the tree
    std::atomic<std::uint64_t> m_next{0};
    bool m_digests = false;
};

} // namespace notes_export
