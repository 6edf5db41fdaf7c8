#include "shard/listed_entry.hpp"

#include "document/profile_members.hpp"
#include "index/position.hpp"

#include <limits>
#include <stdexcept>

namespace notes_export::shard {

entry_reader::entry_reader(dataset const& d) : m_columns{d.name_column} {
    m_columns.insert(m_columns.end(), d.index_order.begin(), d.index_order.end());
}

listed_entry entry_reader::read(std::int64_t id, std::string_view entry) const {
    auto const texts = profile_members(entry, m_columns);
    if (!texts)
        throw std::invalid_argument{"shards of an index need its entries to have " + m_columns.front() +
                                    " and the columns of its order"};
    listed_entry read{id, texts->front(), {}};
    for (std::size_t i = 1; i < texts->size(); ++i)
        read.order.push_back(number_or_null((*texts)[i]).value_or(-std::numeric_limits<double>::infinity()));
    return read;
}

} // namespace notes_export::shard
