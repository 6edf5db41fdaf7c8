#pragma once

#include "files/file.hpp"
#include "notes_export/feed.hpp"
#include "publish/tree.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::feed {

/// A file that is about to be put into its place, or to be removed.
struct ahead_entry {
    enum class kind : char {
        changed = 'c',   ///< with these bytes
        looked_at = 'l', ///< what is there later says what became of it
        removed = 'r',
        anything = '*' ///< what is begun cannot be listed; without a path
    };
    kind what;
    listed_file file; ///< only the path, unless it is `changed`
};

/**
 * `.exportd/changes/ahead`: what cycles have begun to change in the tree and no change list names yet.
 *
 * Appended to before the first rename, and emptied when a list that names all of it is published. So whatever ends a
 * cycle, the next one knows where the tree may be another than the feed says.
 * Format  blocks: a line "ahead BYTES SHA256", then so many bytes: a line for each entry. A block that was not written
 *         whole ends the list: nothing that it names was begun.
 * Thread  one at a time.
 */
class ahead_list {
public:
    /// Opens it, or makes it durably: with `anything`, as one that was there may be lost. Throws file_error.
    explicit ahead_list(tree const& t);

    /// false when it was removed or replaced.
    bool in_place(tree const& t) const;

    struct content {
        std::vector<std::string> paths; ///< each once, sorted
        bool anything = false;          ///< and whatever else
    };
    /// All that is in it. What follows a block that is not whole is cut off.
    content read();
    std::uint64_t end() const noexcept { return m_end; }
    /// The entries of blocks from here on, in their order.
    void for_each_from(std::uint64_t begin, std::function<void(ahead_entry const&)> const& each) const;

    /// The same content in a new file, durably. After a sync that failed, what the old one seems to hold may not be on
    /// disk, and what is appended behind that would be lost with it.
    void rewrite(tree const& t, content const& all);

    /// One block; none when there are no entries. Not durable yet.
    void append(std::vector<ahead_entry> const& entries);
    void sync() const;
    /// For syncing it with others.
    file duplicate() const;
    std::filesystem::path const& path() const noexcept { return m_path; }
    void clear();

private:
    void open_new(file const& directory, std::string const& name);

    std::filesystem::path m_path;
    file m_file;
    bool m_fresh = false;    ///< it was written anew, and nothing was appended since
    std::uint64_t m_end = 0; ///< of its whole blocks
};

} // namespace notes_export::feed
