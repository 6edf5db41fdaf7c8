#pragma once

#include "files/window.hpp"
#include "index/layout.hpp"
#include "index/position.hpp"
#include "notes_export/dataset.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <unordered_set>

namespace notes_export {

/// A file, or an entry, that is not laid out as our indexes are. Nothing is wrong with it: the index is made anew.
class not_our_index : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/**
 * An index as index_file writes it, in its order, read in blocks.
 *
 * Each entry begins with its id, and none holds a raw newline: where all its columns are scalar a newline is always
 * escaped. So a newline is where an entry ends, and nowhere else.
 *
 * Places are offsets of entries in the file; a place holds the entry and the separator behind it, also behind the last
 * one, which has none.
 *
 * Throws not_our_index, file_error.
 */
class index_reader {
public:
    index_reader(dataset const& d, int fd, std::filesystem::path const& path, std::uint64_t size);

    struct found_entry {
        std::uint64_t begin, next; ///< its place and the following one
        std::string text;
    };
    /// The entries of these ids.
    std::map<std::int64_t, found_entry> find(std::unordered_set<std::int64_t> const& ids);
    /// The place of the first entry that does not stand before `p`, searched from a place that is not behind it.
    std::uint64_t place_for(index_position const& p, std::uint64_t from);

    static constexpr std::uint64_t first = index_layout::begin.size();
    /// Where a further entry would be.
    std::uint64_t end() const noexcept {
        return m_size == index_layout::size(0, 0) ? first
                                                  : m_size - index_layout::end.size() + index_layout::separator.size();
    }
    /// The id at the beginning of an entry.
    std::int64_t id_of(std::string_view entry) const;

private:
    std::uint64_t next_place(file_window& window, std::uint64_t offset) const;
    /// Valid until the window moves.
    static std::string_view entry_at(file_window& window, std::uint64_t place, std::uint64_t next);
    std::uint64_t entry_near_middle(std::uint64_t low, std::uint64_t high);
    bool narrow(index_position const& p, std::uint64_t place, std::uint64_t& low, std::uint64_t& high);

    dataset const* m_dataset;
    std::uint64_t m_size;
    std::string m_lead; ///< {"user_id":
    file_window m_all;  ///< for reading everything
    file_window m_few;  ///< for looking at single entries
};

} // namespace notes_export
