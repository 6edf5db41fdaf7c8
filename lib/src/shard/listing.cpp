#include "shard/listing.hpp"

#include "index/reader.hpp"
#include "shard/fold.hpp"
#include "shard/name_key.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace notes_export::shard {

namespace {

constexpr std::size_t usual_name = 16; // bytes; what is reserved and not used costs no memory

unsigned shard_of_json(std::string_view name) {
    return shard_of(folded(name_of_json(name)));
}

/// Greater values first, then the smaller id.
template <class Ranks>
bool is_before(Ranks const& a, std::int64_t id_a, Ranks const& b, std::int64_t id_b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i])
            return a[i] > b[i];
    return id_a < id_b;
}

} // namespace

listing::listing(std::size_t order_values, std::size_t expected) : m_order_values{order_values} {
    auto const room = expected + expected / 16 + 16;
    m_ids.reserve(room);
    m_ranks.reserve(room * order_values);
    m_names.reserve(room * usual_name);
    m_name_at.reserve(room);
    m_shards.reserve(room);
    m_order.reserve(room);
    m_by_id.reserve(room);
}

std::optional<listing::rank> listing::rank_of(double value) {
    if (value == -std::numeric_limits<double>::infinity())
        return 0;
    constexpr double least_too_great = 4294967295.0;
    if (!(value >= 0 && value < least_too_great) || value != std::floor(value))
        return std::nullopt;
    return static_cast<rank>(value) + 1;
}

std::optional<std::vector<listing::rank>> listing::ranks_of(listed_entry const& e) const {
    std::vector<rank> all;
    for (auto const value : e.order)
        if (auto const r = rank_of(value))
            all.push_back(*r);
    return all.size() == m_order_values ? std::optional{std::move(all)} : std::nullopt;
}

void listing::set_name(slot s, std::string_view name) {
    if (m_names.size() + name.size() > std::numeric_limits<std::uint32_t>::max())
        throw std::length_error{"the names of an index have more than 4 GB"};
    m_name_at[s] = static_cast<std::uint32_t>(m_names.size());
    m_names.append(name).push_back('\0');
    m_shards[s] = static_cast<std::uint16_t>(shard_of_json(name));
}

slot listing::put(listed_entry const& e) {
    auto const s = static_cast<slot>(m_ids.size());
    m_ids.push_back(e.id);
    auto const ranks = ranks_of(e);
    m_exact = m_exact && ranks;
    m_ranks.resize(m_ranks.size() + m_order_values);
    if (ranks)
        std::ranges::copy(*ranks, m_ranks.end() - static_cast<std::ptrdiff_t>(m_order_values));
    m_name_at.push_back(0);
    m_shards.push_back(0);
    set_name(s, e.name);
    return s;
}

void listing::append(listed_entry const& e) {
    m_order.push_back(put(e));
}

bool listing::sort_ids() {
    m_by_id.assign(m_order.begin(), m_order.end());
    std::ranges::sort(m_by_id, {}, [this](slot s) { return m_ids[s]; });
    return m_exact && std::ranges::adjacent_find(m_by_id, {}, [this](slot s) { return m_ids[s]; }) == m_by_id.end();
}

std::optional<slot> listing::find(std::int64_t id) const {
    auto const found = std::ranges::lower_bound(m_by_id, id, {}, [this](slot s) { return m_ids[s]; });
    return found != m_by_id.end() && m_ids[*found] == id ? std::optional{*found} : std::nullopt;
}

listed_entry listing::entry(slot s) const {
    listed_entry e{m_ids[s], std::string{name(s)}, {}};
    for (auto const r : ranks(s))
        e.order.push_back(r == 0 ? -std::numeric_limits<double>::infinity() : static_cast<double>(r) - 1);
    return e;
}

bool listing::before(slot a, slot b) const {
    return is_before(ranks(a), m_ids[a], ranks(b), m_ids[b]);
}

bool listing::before(listed_entry const& a, slot b) const {
    auto const of_a = ranks_of(a).value();
    return is_before(std::span<rank const>{of_a}, a.id, ranks(b), m_ids[b]);
}

void listing::apply(std::span<listed_change const> changes) {
    auto const has_rank = [this](listed_change const& c) { return !c.entry || ranks_of(*c.entry); };
    if (!std::ranges::all_of(changes, has_rank))
        throw not_our_index{"an entry with a value in its order that is no count"};
    std::vector<bool> out(m_ids.size()); // of their places in the order
    std::vector<bool> gone(m_ids.size());
    std::vector<slot> in;
    std::vector<slot> fresh;
    for (auto const& c : changes) {
        auto const old = find(c.id);
        if (old)
            out[*old] = true;
        if (old && !c.entry)
            gone[*old] = true;
        if (!c.entry)
            continue;
        if (!old)
            fresh.push_back(in.emplace_back(put(*c.entry)));
        else if (name(in.emplace_back(*old)) != c.entry->name)
            set_name(*old, c.entry->name);
    }
    // Only now: the order is that of the values until what changes is out of it.
    std::erase_if(m_order, [&](slot s) { return s < out.size() && out[s]; });
    for (auto const& c : changes)
        if (auto const s = c.entry ? find(c.id) : std::nullopt)
            std::ranges::copy(ranks_of(*c.entry).value(),
                              m_ranks.begin() + static_cast<std::ptrdiff_t>(*s * m_order_values));
    reorder(in);
    reindex(gone, fresh);
}

// One pass: where each comes in is searched for, and what is between them is copied.
void listing::reorder(std::vector<slot>& in) {
    std::ranges::sort(in, [this](slot a, slot b) { return before(a, b); });
    std::vector<slot> next;
    next.reserve(m_order.size() + in.size());
    auto from = m_order.begin();
    for (auto const s : in) {
        auto const to = std::lower_bound(from, m_order.end(), s, [this](slot a, slot b) { return before(a, b); });
        next.insert(next.end(), from, to);
        next.push_back(s);
        from = to;
    }
    next.insert(next.end(), from, m_order.end());
    m_order = std::move(next);
}

void listing::reindex(std::vector<bool> const& gone, std::vector<slot> fresh) {
    auto const id = [this](slot s) { return m_ids[s]; };
    std::erase_if(m_by_id, [&](slot s) { return gone[s]; });
    std::ranges::sort(fresh, {}, id);
    auto const middle = static_cast<std::ptrdiff_t>(m_by_id.size());
    m_by_id.insert(m_by_id.end(), fresh.begin(), fresh.end());
    std::ranges::inplace_merge(m_by_id, m_by_id.begin() + middle, {}, id);
}

void listing::for_each_shard(std::set<unsigned> const* wanted,
                             std::function<void(unsigned, std::span<slot const>)> const& use) const {
    std::vector<bool> chosen(name_shards, wanted == nullptr);
    if (wanted != nullptr)
        for (auto const n : *wanted)
            chosen.at(n) = true;
    std::vector<std::vector<slot>> shards(name_shards);
    for (auto const s : m_order)
        if (chosen[m_shards[s]])
            shards[m_shards[s]].push_back(s);
    for (unsigned n = 0; n < name_shards; ++n) {
        if (!chosen[n])
            continue;
        std::ranges::sort(shards[n], [this](slot a, slot b) {
            auto const order = name(a) <=> name(b);
            return order != 0 ? order < 0 : m_ids[a] < m_ids[b];
        });
        use(n, shards[n]);
    }
}

} // namespace notes_export::shard
