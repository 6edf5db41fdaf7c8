#include "shard/listed_entry.hpp"

#include "document/profile_members.hpp"
#include "index/position.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace notes_export::shard {

entry_reader::entry_reader(dataset const& d) : m_columns{d.name_column} {
    for (auto const& column : d.index_order) {
        auto const known = std::ranges::find(m_columns, column);
        m_order.push_back(static_cast<std::size_t>(known - m_columns.begin()));
        if (known == m_columns.end())
            m_columns.push_back(column);
    }
}

listed_entry entry_reader::read(std::int64_t id, std::string_view entry) const {
    auto const texts = profile_members(entry, m_columns);
    if (!texts)
        throw std::invalid_argument{"shards of an index need its entries to have " + m_columns.front() +
                                    " and the columns of its order"};
    listed_entry read{id, texts->front(), {}};
    for (auto const column : m_order)
        read.order.push_back(number_or_null((*texts)[column]).value_or(-std::numeric_limits<double>::infinity()));
    return read;
}

} // namespace notes_export::shard
