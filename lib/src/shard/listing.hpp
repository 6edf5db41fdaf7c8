#pragma once

#include "shard/listed_entry.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::shard {

/// An entry in a listing, for as long as it is listed.
using slot = std::uint32_t;

/// What becomes of the entry of one id; nullopt: there is none.
struct listed_change {
    std::int64_t id;
    std::optional<listed_entry> entry;
};

/**
 * The entries of an index in their order: ids, names, and what makes the order.
 *
 * It is in memory alone: a new process reads the table, as it does for the index as a whole. So nothing of it can be
 * damaged, nor be of another generation than the tree.
 * Memory: about 50 bytes for each entry of ten letters.
 */
class listing {
public:
    /// `order_values` for each entry; `expected` entries, when that is known.
    listing(std::size_t order_values, std::size_t expected);

    /// In the order of the index. Throws std::length_error beyond 4 GB of names.
    void append(listed_entry const& e);
    /// After the last append(). false: changes cannot be applied, as two have the same id, or one has a value of its
    /// order that is no count of at most 32 bits.
    bool sort_ids();
    /// Entries come, go and change; `changes` have distinct ids. Throws not_our_index, and nothing has changed then,
    /// when one of them has such a value.
    void apply(std::span<listed_change const> changes);

    std::size_t size() const noexcept { return m_order.size(); }
    std::span<slot const> order() const noexcept { return m_order; }
    std::optional<slot> find(std::int64_t id) const;
    std::int64_t id(slot s) const { return m_ids[s]; }
    /// JSON text. Valid until the next change.
    std::string_view name(slot s) const { return m_names.c_str() + m_name_at[s]; }
    listed_entry entry(slot s) const;
    /// Does it stand before the other one?
    bool before(slot a, slot b) const;
    bool before(listed_entry const& a, slot b) const;

    /// Calls for each names shard, or each of `wanted`, with its entries in the order in which they are written: by
    /// text of the name, then id.
    void for_each_shard(std::set<unsigned> const* wanted,
                        std::function<void(unsigned, std::span<slot const>)> const& use) const;

private:
    /// What an order is made of, in few bytes: greater for a greater count, 0 for none.
    using rank = std::uint32_t;
    static std::optional<rank> rank_of(double value);
    std::optional<std::vector<rank>> ranks_of(listed_entry const& e) const;
    std::span<rank const> ranks(slot s) const { return {m_ranks.data() + s * m_order_values, m_order_values}; }
    void set_name(slot s, std::string_view name);
    slot put(listed_entry const& e);
    void reorder(std::vector<slot>& in);
    void reindex(std::vector<bool> const& gone, std::vector<slot> fresh);

    std::size_t m_order_values;
    std::vector<std::int64_t> m_ids;
    std::vector<rank> m_ranks; ///< order_values for each slot
    bool m_exact = true;       ///< they say the order
    std::string m_names;       ///< each ends with NUL, which no JSON text holds
    std::vector<std::uint32_t> m_name_at;
    std::vector<std::uint16_t> m_shards;
    std::vector<slot> m_order; ///< of the index
    std::vector<slot> m_by_id;
};

} // namespace notes_export::shard
