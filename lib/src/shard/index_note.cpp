#include "shard/index_note.hpp"

#include <algorithm>

namespace notes_export::shard {

namespace {

constexpr std::string_view unfinished_line = "unfinished";
constexpr std::string_view format = "1:unicode14"; // of shards: another one when their bytes or places change
constexpr std::string_view whole_word = "whole";
constexpr std::string_view none_word = "none";

std::string_view take_up_to(std::string_view& text, char end) {
    auto const part = text.substr(0, text.find(end));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    return part;
}

} // namespace

index_note::index_note(std::vector<dataset> const& datasets) {
    for (auto const& d : datasets)
        if (d.shards.make || !d.has_index())
            m_lines.push_back(
                {d.name, d.has_index(), d.shards.make ? std::string{format} + ':' + std::to_string(d.shards.top) : ""});
}

index_note index_note::parse(std::string_view text) {
    index_note note;
    while (!text.empty()) {
        auto rest = take_up_to(text, '\n');
        if (rest == unfinished_line) {
            note.m_unfinished = true;
            continue;
        }
        auto const dataset = take_up_to(rest, ' ');
        auto const whole = take_up_to(rest, ' ');
        if (!dataset.empty() && (whole == whole_word || whole == none_word))
            note.m_lines.push_back({std::string{dataset}, whole == whole_word, std::string{rest}});
    }
    return note;
}

std::string index_note::text() const {
    std::string all;
    for (auto const& l : m_lines) {
        (all += l.dataset) += ' ';
        all += l.whole ? whole_word : none_word;
        ((all += ' ') += l.shards) += '\n';
    }
    if (m_unfinished)
        (all += unfinished_line) += '\n';
    return all;
}

index_note::line const* index_note::find(std::string_view dataset) const {
    auto const found = std::ranges::find(m_lines, dataset, &line::dataset);
    return found == m_lines.end() ? nullptr : &*found;
}

bool index_note::has_shards(std::string_view dataset) const {
    auto const* const l = find(dataset);
    return l != nullptr && !l->shards.empty();
}

bool index_note::has_whole_index(std::string_view dataset) const {
    auto const* const l = find(dataset);
    return l == nullptr || l->whole;
}

index_note index_note::on_the_way_to(index_note const& next) const {
    auto both = next;
    for (auto& l : both.m_lines)
        l.whole = l.whole || has_whole_index(l.dataset);
    for (auto const& old : m_lines)
        if (auto const at = std::ranges::find(both.m_lines, old.dataset, &line::dataset); at == both.m_lines.end())
            both.m_lines.push_back({old.dataset, true, old.shards});
        else if (at->shards.empty())
            at->shards = old.shards;
    both.m_unfinished = true;
    return both;
}

} // namespace notes_export::shard
