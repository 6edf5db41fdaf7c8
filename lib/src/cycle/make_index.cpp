#include "cycle/make_index.hpp"

#include "cycle/index_exceptions.hpp"
#include "cycle/make_shards.hpp"
#include "cycle/stopwatch.hpp"
#include "cycle/whole_index.hpp"
#include "index/entries.hpp"
#include "index/file.hpp"
#include "index/merge.hpp"

#include <algorithm>
#include <functional>
#include <optional>

namespace notes_export {

namespace {

constexpr std::size_t most_changes = 10'000;
constexpr std::size_t few_changes = 100;

void add_ids_missing_in(std::set<row_name> const& other, std::set<row_name> const& rows,
                        std::vector<std::int64_t>& ids) {
    for (auto const& row : rows)
        if (!other.contains(row))
            ids.push_back(row.id);
}

// Whatever may be the reason for another entry than the one that was made last.
void add_changed_ids(made_index& made, published_index const& before) {
    auto& ids = made.changed;
    add_ids_missing_in(before.refused, made.known.refused, ids);
    add_ids_missing_in(made.known.refused, before.refused, ids);
    ids.insert(ids.end(), before.owed.begin(), before.owed.end());
    ids.insert(ids.end(), before.without_entry.begin(), before.without_entry.end());
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

/// Of a dataset without an index: metadata.json tells how many profiles there are all the same.
std::size_t number_of_profiles(index_source const& from, index_exceptions const& except, dataset const& d) {
    return for_each_index_entry(from, d, except, [](index_entry const&) {});
}

// nullptr: nothing is known of it.
published_index const* published_before(cycle_context const& c, dataset const& d) {
    auto const& all = c.memory().indexes.published;
    auto const found = all.find(d.name);
    return found == all.end() ? nullptr : &found->second;
}

/// The index of one dataset.
class index_making {
public:
    index_making(cycle_context& c, situation const& seen, dataset_plan const& plan, bool unfinished)
        : m_context{&c},
          m_seen{&seen},
          m_plan{&plan},
          m_unfinished{unfinished},
          m_before{published_before(c, *plan.set)},
          m_whole{c.tree(), *plan.set, m_before},
          m_shards{c, *plan.set} {}

    made_index run() {
        stopwatch const timing{m_context->report.phases, phase::index};
        // Without triggers not every change is known by its row.
        bool const may_be_merged = m_plan->watched && (m_whole.wanted() || m_shards.wanted());
        m_made.known.columns = may_be_merged ? mergeable_columns(set(), m_seen->columns) : "";
        m_made.known.refused = m_context->memory().refused.names(set().name);
        m_made.known.refused.insert(m_plan->left_aside.begin(), m_plan->left_aside.end());
        m_made.changed = m_plan->reaches.changed;
        if (m_before != nullptr)
            add_changed_ids(m_made, *m_before);
        else
            std::ranges::sort(m_made.changed);
        if (!m_whole.wanted() && !m_shards.wanted())
            m_made.known.profiles = number_of_profiles(
                source(), find_exceptions(*m_context, *m_seen, *m_plan, m_made.known.refused), set());
        else if (!merge())
            rebuild();
        m_made.shards.not_wanted = index_files_not_wanted(*m_context, *m_seen, set());
        return std::move(m_made);
    }

private:
    dataset const& set() const noexcept { return *m_plan->set; }
    held_tree& tree() const noexcept { return m_context->tree(); }
    index_source source() const {
        return {*m_seen->reader, m_context->parts.statements, m_seen->columns, tree().files};
    }
    index_entry_check checker() const { return index_entry_check{m_context->parts.schemas.find(set().index_schema)}; }

    bool may_merge() const;
    bool merge();
    void read(std::vector<std::int64_t> const& ids, std::function<void(index_entry const&)> const& take) const;
    std::vector<index_change> read_changes(index_entry_check& check);
    void count_profiles(std::function<bool(std::int64_t)> const& had, std::vector<index_change> const& changes);
    void rebuild();
    void read_table(index_file* whole, shard_building* shards);
    void tell_left_out(index_entry_check const& check);

    cycle_context* m_context;
    situation const* m_seen;
    dataset_plan const* m_plan;
    bool m_unfinished;
    published_index const* m_before; ///< nullptr: nothing is known of it
    whole_index m_whole;
    index_shards_of m_shards;
    made_index m_made;
};

bool index_making::may_merge() const {
    // Of a selection it is not known what else has changed.
    return m_before != nullptr && !m_context->full() && !m_unfinished && !m_plan->selected && !m_plan->reaches.sweep &&
           !m_made.known.columns.empty() && m_made.known.columns == m_before->columns &&
           (!m_whole.wanted() || m_whole.is_ours()) && (!m_shards.wanted() || m_shards.state() != nullptr) &&
           worth_merging(m_made.changed.size(), m_before->profiles);
}

// Only where nothing else can have changed: triggers and removal log tell of all rows, and nobody else wrote the file.
bool index_making::merge() {
    if (!may_merge())
        return false;
    try {
        auto check = checker();
        auto const changes = read_changes(check);
        count_profiles(m_whole.wanted() ? m_whole.merge(changes, m_made) : m_shards.had(), changes);
        if (m_shards.wanted())
            m_made.shards = m_shards.update(changes, [this](std::vector<std::int64_t> const& ids) {
                shard::changed_texts texts; // in the index already, so they were checked
                read(ids, [&](index_entry const& entry) {
                    if (entry.text.empty())
                        throw not_our_index{"an entry that was listed is not there"};
                    texts.emplace(entry.id, entry.text);
                });
                return texts;
            });
        tell_left_out(check);
        return m_made.merged = true;
    } catch (not_our_index const&) { // the table knows what is right
        if (m_made.file)
            tree().stage.discard(*m_made.file);
        m_made.file.reset();
        return false;
    }
}

void index_making::read(std::vector<std::int64_t> const& ids,
                        std::function<void(index_entry const&)> const& take) const {
    index_exceptions const except{{}, m_made.known.refused, {}, m_context->memory().refused.unreadable(set().name)};
    if (!for_each_changed_entry(source(), set(), except, ids, take))
        throw not_our_index{"another row than the refused one is published"};
}

std::vector<index_change> index_making::read_changes(index_entry_check& check) {
    std::vector<index_change> changes;
    auto& known = m_made.known;
    known.without_entry.clear();
    read(m_made.changed, [&](index_entry const& entry) {
        bool const listed = !entry.text.empty() && check.fits(entry.text);
        changes.push_back({entry.id, listed ? std::optional{std::string{entry.text}} : std::nullopt});
        if (entry.published && !listed)
            known.without_entry.insert(entry.id);
    });
    return changes;
}

void index_making::count_profiles(std::function<bool(std::int64_t)> const& had,
                                  std::vector<index_change> const& changes) {
    auto const& without = m_made.known.without_entry;
    std::vector<counted_change> counted;
    counted.reserve(changes.size());
    for (auto const& c : changes)
        counted.push_back(
            {had(c.id) || m_before->without_entry.contains(c.id), c.entry.has_value() || without.contains(c.id)});
    m_made.known.profiles = count_after(m_before->profiles, counted);
}

void index_making::rebuild() {
    m_made.known.without_entry.clear();
    auto whole = m_whole.begin();
    auto shards =
        m_shards.begin(std::max<std::size_t>(m_plan->rows_read, m_before != nullptr ? m_before->profiles : 0));
    read_table(whole ? &*whole : nullptr, shards ? &*shards : nullptr);
    if (whole)
        m_whole.finish(*whole, m_made);
    if (shards && !m_shards.finish(*shards, m_made.shards))
        m_made.known.columns.clear();
}

void index_making::read_table(index_file* whole, shard_building* shards) {
    // An entry that fitted fits until its row changes; those that did not are checked again to be counted.
    bool const check_all = m_context->full() || m_unfinished || m_before == nullptr;
    auto check = checker();
    auto& known = m_made.known;
    auto take = [&](index_entry const& e) {
        bool const must_check = check_all || e.kept || std::ranges::binary_search(m_made.changed, e.id);
        if (e.text.empty() || (must_check && !check.fits(e.text))) {
            known.without_entry.insert(e.id);
        } else {
            if (whole != nullptr)
                whole->add(e.text);
            if (shards != nullptr)
                shards->add(e.id, e.text);
        }
        if (e.kept && e.text.find('\n') != std::string_view::npos)
            known.columns.clear(); // of a profile with other columns: not to be split by line
    };
    auto const except = find_exceptions(*m_context, *m_seen, *m_plan, known.refused);
    known.profiles = for_each_index_entry(source(), set(), except, take);
    tell_left_out(check);
}

void index_making::tell_left_out(index_entry_check const& check) {
    for (auto const id : m_made.known.without_entry)
        if (m_before == nullptr || !m_before->without_entry.contains(id))
            ++m_context->report.validation_failures[set().index_schema];
    m_made.left_out = check.left_out();
    if (check.left_out() > 0)
        m_context->warn((m_whole.wanted() ? set().index_path : set().shards.directory) + ": " +
                        std::to_string(check.left_out()) + " entries left out, the first because of " +
                        check.first_violation());
}

} // namespace

made_index make_index(cycle_context& c, situation const& seen, dataset_plan const& plan, bool unfinished) {
    return index_making{c, seen, plan, unfinished}.run();
}

void keep_old_index(staging const& stage, made_index& index, published_index const* before,
                    shard::index_state* shards) {
    if (index.file)
        stage.discard(*index.file);
    index.file.reset();
    keep_old_shards(stage, index.shards, index.merged ? shards : nullptr);
    if (!index.merged)
        return index.known.columns.clear();
    index.known = *before; // it was merged with that
    index.known.owed.insert(index.changed.begin(), index.changed.end());
}

bool worth_merging(std::size_t changes, std::size_t profiles) noexcept {
    return changes <= std::min(most_changes, std::max(few_changes, profiles / 10));
}

std::size_t count_after(std::size_t before, std::vector<counted_change> const& changes) noexcept {
    auto count = before;
    for (auto const& c : changes) {
        count += c.is_there ? 1 : 0;
        count -= c.was_there ? 1 : 0;
    }
    return count;
}

} // namespace notes_export
