#include "cycle/known_indexes.hpp"

#include "files/hex.hpp"
#include "files/sha256.hpp"
#include "index/entries.hpp"
#include "index/published_note.hpp"
#include "publish/private_note.hpp"
#include "schema/loaded.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <utility>

namespace notes_export {

namespace {

// Each with its length: no two lists of words have the same text.
void add_word(std::string& text, std::string_view word) {
    ((text += std::to_string(word.size())) += ':') += word;
}

void add_words(std::string& text, std::vector<std::string> const& words) {
    add_word(text, std::to_string(words.size()));
    for (auto const& word : words)
        add_word(text, word);
}

std::string definition(dataset const& d) {
    std::string text;
    for (auto const* const word : {&d.name, &d.table, &d.view, &d.dimension, &d.current_column, &d.key_column,
                                   &d.id_column, &d.name_column, &d.path, &d.index_path, &d.index_schema})
        add_word(text, *word);
    for (auto const* const words : {&d.index_columns, &d.index_order, &d.index_ascending})
        add_words(text, *words);
    return text;
}

/// Digest of what the entries of an index are made of and with; "": it cannot be made from the published one.
std::string what_makes_entries(cycle_context const& c, situation const& seen, dataset const& d) {
    if (!d.has_index() || d.shards.make || !seen.columns.keeps_flags(d))
        return "";
    auto const columns = mergeable_columns(d, seen.columns);
    if (columns.empty())
        return "";
    std::string text;
    add_word(text, NOTES_EXPORT_VERSION);
    add_word(text, definition(d));
    add_word(text, columns);
    auto const schema = c.parts.schemas.find(d.index_schema);
    add_word(text, schema ? json_text(schema->get()->source) : "");
    return hex_of(sha256_of(text));
}

std::optional<file_stamp> stamp_in_tree(cycle_context const& c, dataset const& d) {
    auto const& files = c.tree().files;
    auto const live = files.open_file(d.index_path);
    return live ? stamp_of(live.fd(), files.full(d.index_path)) : std::nullopt;
}

void remember(cycle_context const& c, dataset_progress& d) {
    auto const& set = *d.plan->set;
    auto const stamp = set.has_index() ? stamp_in_tree(c, set) : std::nullopt;
    d.index_bytes = stamp ? static_cast<std::uint64_t>(stamp->size) : 0;
    if (!d.plan->reaches.touched)
        return;
    auto& known = d.change.index.known;
    if (set.has_index()) {
        if (!stamp || !stamp->same_content(known.stamp)) // somebody was there at once
            known.columns.clear();
        known.stamp = stamp.value_or(file_stamp{});
    }
    c.memory().indexes.published.insert_or_assign(set.name, std::move(known));
}

std::string note_text(cycle_context const& c, situation const& seen) {
    published_note note{c.report.generation, {}};
    for (auto const& d : c.config().datasets) {
        auto const& all = c.memory().indexes.published;
        auto const known = all.find(d.name);
        if (known == all.end() || known->second.columns.empty())
            continue;
        if (auto made_of = what_makes_entries(c, seen, d); !made_of.empty())
            note.indexes.emplace(d.name, published_note::one_index{std::move(made_of), known->second});
    }
    return note.text();
}

} // namespace

void recall_indexes(cycle_context const& c, situation const& seen) {
    auto& indexes = c.memory().indexes;
    if (indexes.noted || !seen.live || seen.unfinished() || c.full())
        return;
    indexes.noted = c.tree().files.read(published_note::path, published_note::longest).value_or("");
    auto note = published_note::parse(*indexes.noted);
    if (!note || note->generation != seen.live->generation)
        return;
    for (auto const& d : c.config().datasets) {
        auto const found = note->indexes.find(d.name);
        if (found == note->indexes.end() || indexes.published.contains(d.name) ||
            found->second.made_of != what_makes_entries(c, seen, d))
            continue;
        found->second.known.columns = mergeable_columns(d, seen.columns);
        indexes.published.emplace(d.name, std::move(found->second.known));
    }
}

void remember_indexes(cycle_context const& c, situation const& seen, std::list<dataset_progress>& datasets) {
    for (auto& d : datasets)
        remember(c, d);
    bool const touched = std::ranges::any_of(datasets, [](auto const& d) { return d.plan->reaches.touched; });
    if (!c.report.published && (!touched || !seen.live))
        return;
    auto text = note_text(c, seen);
    if (text == c.memory().indexes.noted)
        return;
    // What was written of an earlier generation is not believed; of this one it must not be after rows were marked.
    replace_private_note(c.tree().files, published_note::path, text,
                         c.report.published ? note_safety::from_kills : note_safety::on_disk);
    c.memory().indexes.noted = std::move(text);
}

} // namespace notes_export
