#pragma once

#include "notes_export/dataset.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::shard {

/// What shards have of an index entry.
struct listed_entry {
    std::int64_t id = 0;
    std::string name;          ///< its JSON text, in quotes; or null
    std::vector<double> order; ///< values that make the order of the index, each descending; none is the least
};

/// Reads index entries of one dataset. Throws std::invalid_argument when they do not have its name_column.
class entry_reader {
public:
    explicit entry_reader(dataset const& d);
    listed_entry read(std::int64_t id, std::string_view entry) const;

private:
    std::vector<std::string> m_columns; ///< the name first; each once
    std::vector<std::size_t> m_order;   ///< which of them make the order
};

} // namespace notes_export::shard
