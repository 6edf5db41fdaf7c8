#pragma once

#include "index/published_index.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/**
 * What is known of the published indexes, for the process that comes next: it need not read their tables for a few
 * changes. True of the tree of one generation, and of files that still have their stamp.
 *
 * A file of the private directory. Losing it costs one reading of each table.
 */
struct published_note {
    static constexpr std::string_view path = ".exportd/published_indexes.json";
    static constexpr std::size_t longest = 4U << 20;

    struct one_index {
        std::string made_of;   ///< digest of all that its entries are made of and with
        published_index known; ///< without columns, which are in the digest
    };

    std::uint64_t generation = 0;
    std::map<std::string, one_index> indexes; ///< by dataset

    /// An index of which too much would have to be said is left out.
    std::string text() const;
    /// nullopt: it is none, or damaged.
    static std::optional<published_note> parse(std::string_view text);
};

} // namespace notes_export
