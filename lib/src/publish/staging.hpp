#pragma once

#include "publish/tree.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// A complete file that waits under the private directory to be renamed to its place.
struct staged_file {
    std::string name;   ///< path in the staging directory
    std::string target; ///< path in the tree
    std::uint64_t size = 0;
};

/**
 * Where new files are written before they are published: on the same file system as their place, under the tree's root,
 * even when the root is a bind mount of its own.
 *
 * Thread: write() from any number of threads; the rest from one.
 */
class staging {
public:
    /// Opens the directory; clear() it before the first write().
    explicit staging(tree const& t);

    /// One file with these bytes, for `target`. Not durable yet.
    staged_file write(std::string_view bytes, std::string target);

    /// A file that is written piece by piece.
    class writer {
    public:
        void append(std::string_view bytes);
        staged_file finish(std::string target);

    private:
        friend class staging;
        explicit writer(staging& s);
        staging* m_staging;
        std::string m_name;
        file m_file;
        std::string m_buffer;
        std::uint64_t m_size = 0;
    };
    writer begin() { return writer{*this}; }

    /// For comparing with the live file.
    file open(staged_file const& f) const;
    void discard(staged_file const& f) const;
    /// Paths of the files in the directory: after a crash, what was not published.
    std::vector<std::string> names() const;
    /// A name that nothing else in the directory has.
    std::string next_name() { return std::to_string(m_next++); }
    /// Removes everything in the directory.
    void clear() const;
    /// false when the directory was removed or replaced.
    bool in_place(tree const& t) const;
    /// All of these are on disk, or an exception. After a failure they must be written again, never synced again: the
    /// kernel marks pages clean that it could not write.
    void make_durable(std::vector<staged_file> const& files) const;
    /// Everything that is complete now.
    void sync_all() const;

    int fd() const noexcept { return m_directory.fd(); }
    std::filesystem::path full(std::string_view name) const { return m_path / name; }

private:
    file create(std::string const& name) const;

    std::filesystem::path m_path;
    file m_directory;
    std::atomic<std::uint64_t> m_next{0};
};

} // namespace notes_export
