#pragma once

#include "notes_export/dataset.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace notes_export::shard {

/**
 * Which index files a tree has by its own note (journal::indexes()), and which it is to have.
 *
 * As for twins: what is in the tree is ours to remove only if the note says that we made it, and after a key was
 * changed a full export brings all in order before the note says so. A tree without the note has each index as a whole,
 * and no shards.
 */
class index_note {
public:
    index_note() = default;
    /// As the datasets say. With format and table of the shards, so that another program makes them anew.
    explicit index_note(std::vector<dataset> const& datasets);
    /// Of a damaged text, what is understood.
    static index_note parse(std::string_view text);

    std::string text() const;
    bool has_shards(std::string_view dataset) const;
    bool has_whole_index(std::string_view dataset) const;

    /// What the tree may have while one becomes the other; equal to neither.
    index_note on_the_way_to(index_note const& next) const;

    bool operator==(index_note const&) const = default;

private:
    struct line {
        std::string dataset;
        bool whole = true;
        std::string shards; ///< how they are made; "" is not
        bool operator==(line const&) const = default;
    };
    line const* find(std::string_view dataset) const;

    std::vector<line> m_lines; ///< of datasets that have other files than a whole index
    bool m_unfinished = false;
};

} // namespace notes_export::shard
