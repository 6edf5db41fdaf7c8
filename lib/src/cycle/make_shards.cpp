#include "cycle/make_shards.hpp"

#include "publish/twin_path.hpp"
#include "shard/paths.hpp"
#include "shard/present.hpp"
#include "shard/text.hpp"

#include <set>
#include <unordered_set>
#include <utility>

namespace notes_export {

namespace {

/// Compares shards with those in the tree.
class shard_staging {
public:
    shard_staging(cycle_context const& c, dataset const& d) : m_tree{&c.tree()}, m_where{d} {}

    shard::paths const& where() const noexcept { return m_where; }
    void put(std::string path, std::string const& text) {
        if (m_tree->files.compare(path, text) != tree::comparison::equal)
            m_made.files.push_back(m_tree->stage.write(text, std::move(path)));
    }
    /// Without entries there is no file.
    void put_pairs(std::string path, shard::listing const& names, std::span<shard::slot const> entries) {
        if (!entries.empty())
            put(std::move(path), shard::pairs_text(names, entries));
        else if (m_tree->files.is_removable(path))
            m_made.removals.push_back(std::move(path));
    }
    void remove_all_but(std::unordered_set<std::string> const& wanted) {
        for (auto& path : shard::present(m_tree->files, m_where))
            if (m_where.contains(path) && !wanted.contains(path))
                m_made.removals.push_back(std::move(path));
    }
    made_shards take() { return std::move(m_made); }

private:
    held_tree* m_tree;
    shard::paths m_where;
    made_shards m_made;
};

} // namespace

shard::index_state* index_shards_of::state() const {
    auto& states = m_context->memory().indexes.shards;
    auto const found = states.find(m_dataset->name);
    return found == states.end() ? nullptr : &found->second;
}

std::function<bool(std::int64_t)> index_shards_of::had() const {
    return [known = state()](std::int64_t id) { return known->names.find(id).has_value(); };
}

made_shards index_shards_of::update(std::vector<index_change> const& changes, ask_for_entries const& ask) const {
    auto& known = *state();
    shard::entry_reader const reader{*m_dataset};
    std::vector<shard::listed_change> listed;
    shard::changed_texts texts;
    for (auto const& c : changes) {
        listed.push_back({c.id, c.entry ? std::optional{reader.read(c.id, *c.entry)} : std::nullopt});
        texts.emplace(c.id, c.entry.value_or(""));
    }
    shard::update_undo undo;
    auto const touched = shard::update(known, listed, undo);
    auto top = shard::new_top(known, m_dataset->shards.top, texts, ask);
    undo.top = std::exchange(known.top, std::move(top));

    shard_staging staged{*m_context, *m_dataset};
    known.names.for_each_shard(&touched.names, [&](unsigned n, std::span<shard::slot const> entries) {
        staged.put_pairs(staged.where().names(n), known.names, entries);
    });
    for (auto const pair : touched.bigrams)
        staged.put_pairs(staged.where().of(pair), known.names, known.bigrams.of(pair));
    staged.put(staged.where().top(), shard::top_text(known.top));
    auto made = staged.take();
    made.undo = std::move(undo);
    return made;
}

void shard_building::add(std::int64_t id, std::string_view entry) {
    m_names.append(m_reader.read(id, entry));
    if (m_first.size() < m_top)
        m_first.push_back({id, std::string{entry}});
}

shard_building::built shard_building::finish() {
    bool const unique = m_names.sort_ids();
    shard::bigram_lists bigrams{m_names};
    return {{std::move(m_names), std::move(bigrams), std::move(m_first)}, unique};
}

std::optional<shard_building> index_shards_of::begin(std::size_t expected) const {
    m_context->memory().indexes.shards.erase(m_dataset->name);
    return wanted() ? std::optional<shard_building>{std::in_place, *m_dataset, expected} : std::nullopt;
}

bool index_shards_of::finish(shard_building& building, made_shards& made) const {
    auto built = building.finish();
    auto const& known = built.state;
    shard_staging staged{*m_context, *m_dataset};
    auto const& where = staged.where();
    std::unordered_set<std::string> wanted{where.about(), where.top()};
    auto const put = [&](std::string path, std::span<shard::slot const> entries) {
        wanted.insert(path);
        staged.put(std::move(path), shard::pairs_text(known.names, entries));
    };
    known.names.for_each_shard(nullptr, [&](unsigned n, std::span<shard::slot const> entries) {
        if (!entries.empty())
            put(where.names(n), entries);
    });
    for (auto const pair : known.bigrams.all())
        put(where.of(pair), known.bigrams.of(pair));
    staged.put(where.top(), shard::top_text(known.top));
    staged.put(where.about(), shard::about_text(*m_dataset));
    staged.remove_all_but(wanted);
    made = staged.take();
    m_context->memory().indexes.shards.emplace(m_dataset->name, std::move(built.state));
    return built.unique;
}

std::vector<std::string> index_files_not_wanted(cycle_context const& c, situation const& seen, dataset const& d) {
    std::vector<std::string> paths;
    shard::paths const where{d};
    if (!d.shards.make && seen.indexes.recorded.has_shards(d.name))
        for (auto& path : shard::present(c.tree().files, where))
            if (where.contains(path)) // its twins go with it
                paths.push_back(std::move(path));
    if (where.directory().empty())
        return paths; // what became of its index is noted in noted_files
    auto whole = where.directory() + ".json";
    if (!d.has_index() && seen.indexes.recorded.has_whole_index(d.name) && c.tree().files.is_removable(whole))
        paths.push_back(std::move(whole));
    return paths;
}

void keep_old_shards(staging const& stage, made_shards& shards, shard::index_state* state) {
    for (auto const& f : shards.files)
        stage.discard(f);
    shards.files.clear();
    shards.removals.clear();
    if (state != nullptr)
        shard::take_back(*state, std::move(shards.undo));
}

} // namespace notes_export
