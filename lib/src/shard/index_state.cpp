#include "shard/index_state.hpp"

#include "shard/fold.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace notes_export::shard {

touched_shards update(index_state& state, std::span<listed_change const> changes, update_undo& undo) {
    touched_shards touched;
    auto const touch = [&](std::string_view name) { touched.names.insert(shard_of(folded(name_of_json(name)))); };
    for (auto const& c : changes) {
        auto const old = state.names.find(c.id);
        undo.changes.push_back({c.id, old ? std::optional{state.names.entry(*old)} : std::nullopt});
        if (old && c.entry && state.names.name(*old) == c.entry->name)
            continue;
        if (old)
            touch(state.names.name(*old));
        if (c.entry)
            touch(c.entry->name);
    }
    touched.bigrams = state.bigrams.apply(state.names, changes);
    return touched;
}

void take_back(index_state& state, update_undo&& undo) {
    state.bigrams.apply(state.names, undo.changes);
    state.top = std::move(undo.top);
}

std::vector<top_entry> new_top(index_state const& state, std::size_t count, changed_texts const& changed,
                               std::function<changed_texts(std::vector<std::int64_t> const&)> const& ask) {
    std::unordered_map<std::int64_t, std::string const*> known;
    for (auto const& e : state.top)
        known.emplace(e.id, &e.text);
    for (auto const& [id, text] : changed)
        known.insert_or_assign(id, &text);
    auto const first = state.names.order().first(std::min(count, state.names.size()));
    std::vector<std::int64_t> unknown;
    for (auto const s : first)
        if (auto const id = state.names.id(s); !known.contains(id))
            unknown.push_back(id);
    std::ranges::sort(unknown);
    auto const asked = unknown.empty() ? changed_texts{} : ask(unknown);
    for (auto const& [id, text] : asked)
        known.emplace(id, &text);
    std::vector<top_entry> top;
    top.reserve(first.size());
    for (auto const s : first)
        top.push_back({state.names.id(s), *known.at(state.names.id(s))});
    return top;
}

} // namespace notes_export::shard
