#pragma once

#include "shard/listing.hpp"
#include "shard/name_key.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

namespace notes_export::shard {

/**
 * For each bigram the first entries, in the order of the index, whose name has it.
 *
 * A change seldom needs more than the lists that it concerns: what is in no list stands behind the last one of it, and
 * stays there unless it changes. Only where a full list loses an entry to the entries behind it are all looked through.
 * Memory: some tens of bytes for each bigram and list entry.
 */
class bigram_lists {
public:
    static constexpr std::size_t longest = 10;

    /// Of all entries of a listing, in their order.
    explicit bigram_lists(listing const& all);

    /// None: no name has it.
    std::span<slot const> of(bigram pair) const;
    /// Those that have one, in no order.
    std::vector<bigram> all() const;

    /// Applies changes to the listing that these are of, and to them. Gives the bigrams whose list may be another one,
    /// or may have another text.
    std::set<bigram> apply(listing& names, std::span<listed_change const> changes);

private:
    struct concerned;
    using concerns = std::map<bigram, concerned>;
    concerns look_at(listing const& names, std::span<listed_change const> changes) const;
    void settle(listing const& names, concerns const& all);
    void look_through(listing const& names, std::set<bigram> const& short_of);

    struct hash {
        std::size_t operator()(bigram pair) const noexcept {
            return std::hash<std::uint64_t>{}(std::uint64_t{pair.first} << 32 | pair.second);
        }
    };
    std::unordered_map<bigram, std::vector<slot>, hash> m_lists;
};

} // namespace notes_export::shard
