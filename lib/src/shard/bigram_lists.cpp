#include "shard/bigram_lists.hpp"

#include "shard/fold.hpp"

#include <algorithm>
#include <optional>

namespace notes_export::shard {

namespace {

std::vector<bigram> bigrams_of_json(std::string_view name) {
    return bigrams_of(folded(name_of_json(name)));
}

bool is_same(listed_entry const& a, listed_entry const& b) {
    return a.name == b.name && a.order == b.order;
}

} // namespace

/// A list before the changes, and who may come into it.
struct bigram_lists::concerned {
    std::vector<slot> stays;          ///< of the list, what does not change
    std::optional<listed_entry> last; ///< of the full list: what stands behind it may be in none
    std::vector<std::int64_t> ids;    ///< that change, and have the bigram then
};

bigram_lists::bigram_lists(listing const& all) {
    for (auto const s : all.order())
        for (auto const pair : bigrams_of_json(all.name(s)))
            if (auto& list = m_lists[pair]; list.size() < longest)
                list.push_back(s);
}

std::span<slot const> bigram_lists::of(bigram pair) const {
    auto const found = m_lists.find(pair);
    return found == m_lists.end() ? std::span<slot const>{} : std::span<slot const>{found->second};
}

std::vector<bigram> bigram_lists::all() const {
    std::vector<bigram> pairs;
    pairs.reserve(m_lists.size());
    for (auto const& [pair, list] : m_lists)
        pairs.push_back(pair);
    return pairs;
}

std::set<bigram> bigram_lists::apply(listing& names, std::span<listed_change const> changes) {
    auto const all = look_at(names, changes);
    names.apply(changes);
    settle(names, all);
    std::set<bigram> pairs;
    for (auto const& [pair, unused] : all)
        pairs.insert(pair);
    return pairs;
}

bigram_lists::concerns bigram_lists::look_at(listing const& names, std::span<listed_change const> changes) const {
    concerns all;
    std::set<slot> changed;
    for (auto const& c : changes) {
        auto const old = names.find(c.id);
        if (old && c.entry && is_same(names.entry(*old), *c.entry))
            continue;
        if (old) {
            changed.insert(*old);
            for (auto const pair : bigrams_of_json(names.name(*old)))
                all[pair];
        }
        if (c.entry)
            for (auto const pair : bigrams_of_json(c.entry->name))
                all[pair].ids.push_back(c.id);
    }
    for (auto& [pair, concern] : all) {
        auto const list = of(pair);
        std::ranges::copy_if(list, std::back_inserter(concern.stays), [&](slot s) { return !changed.contains(s); });
        if (list.size() == longest)
            concern.last = names.entry(list.back());
    }
    return all;
}

void bigram_lists::settle(listing const& names, concerns const& all) {
    std::set<bigram> short_of;
    for (auto const& [pair, concern] : all) {
        auto list = concern.stays;
        for (auto const id : concern.ids)
            list.push_back(names.find(id).value());
        std::ranges::sort(list, [&](slot a, slot b) { return names.before(a, b); });
        // What is not known may stand anywhere behind the last one that was in the list.
        if (auto const& last = concern.last) {
            std::erase_if(list, [&](slot s) { return names.before(*last, s); });
            if (list.size() < longest)
                short_of.insert(pair);
        }
        if (list.size() > longest)
            list.resize(longest);
        if (list.empty())
            m_lists.erase(pair);
        else
            m_lists[pair] = std::move(list);
    }
    if (!short_of.empty())
        look_through(names, short_of);
}

void bigram_lists::look_through(listing const& names, std::set<bigram> const& short_of) {
    for (auto const pair : short_of)
        m_lists.erase(pair);
    auto left = short_of;
    for (auto const s : names.order()) {
        if (left.empty())
            break;
        for (auto const pair : bigrams_of_json(names.name(s)))
            if (left.contains(pair)) {
                auto& list = m_lists[pair];
                list.push_back(s);
                if (list.size() == longest)
                    left.erase(pair);
            }
    }
}

} // namespace notes_export::shard
