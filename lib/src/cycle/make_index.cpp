// The indexes of a cycle: made from the published one and what changed, or anew from the table.
#include "cycle/cycle.hpp"

#include "index/merge.hpp"
#include "index/entries.hpp"
#include "pg/cursor.hpp"
#include "cycle/stopwatch.hpp"

#include <algorithm>

namespace notes_export {

namespace {

// A change costs a search in the index, and a row read by its id; beyond this the whole table is read as fast.
constexpr std::size_t most_changes = 10'000;
constexpr std::size_t few_changes = 100;

bool worth_merging(std::size_t changes, std::size_t profiles) {
    return changes <= std::min(most_changes, std::max(few_changes, profiles / 10));
}

void add_ids_missing_in(std::set<row_name> const& other, std::set<row_name> const& rows,
                        std::vector<std::int64_t>& ids) {
    for (auto const& row : rows)
        if (!other.contains(row))
            ids.push_back(row.id);
}

} // namespace

void cycle::build_index(dataset_work& w) {
    if (!w.touched)
        return;
    stopwatch const timing{m_report.phases, phase::index};
    // Without triggers not every change is known by its row.
    w.known_index.columns = w.triggers ? mergeable_columns(*w.d, m_catalog) : "";
    w.known_index.refused = m_parts.refused.names(w.d->name);
    auto const before = m_parts.indexes.find(w.d->name);
    if (before != m_parts.indexes.end())
        add_changed_ids(w, before->second);
    if (before == m_parts.indexes.end() || !merge_index(w, before->second))
        rebuild_index(w, before != m_parts.indexes.end());
    w.report.published = w.known_index.profiles;
}

// Whatever may be the reason for another entry than the one that was made last.
void cycle::add_changed_ids(dataset_work& w, published_index const& before) const {
    auto& ids = w.changed;
    add_ids_missing_in(before.refused, w.known_index.refused, ids);
    add_ids_missing_in(w.known_index.refused, before.refused, ids);
    ids.insert(ids.end(), before.owed.begin(), before.owed.end());
    ids.insert(ids.end(), before.without_entry.begin(), before.without_entry.end());
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
}

bool cycle::may_merge(dataset_work const& w, published_index const& before) const {
    return m_report.mode == cycle_mode::incremental && !m_unfinished && !w.sweep && !w.known_index.columns.empty() &&
           w.known_index.columns == before.columns && worth_merging(w.changed.size(), before.profiles);
}

// Only where nothing else can have changed: triggers and removal log tell of all rows, and nobody else wrote the file.
bool cycle::merge_index(dataset_work& w, published_index const& before) {
    auto const& path = w.d->index_path;
    auto const& held = *m_parts.held;
    if (!may_merge(w, before))
        return false;
    auto const live = held.files.open_file(path);
    auto const is_ours = [&] { return live && stamp_of(live.fd(), held.files.full(path)) == before.stamp; };
    if (!is_ours())
        return false;
    try {
        index_entry_check check{m_parts.schemas.find(w.d->index_schema)};
        auto const changes = read_changes(w, check);
        index_merge const merge{*w.d, live.fd(), held.files.full(path), static_cast<std::uint64_t>(before.stamp.size),
                                changes};
        w.known_index.stamp = before.stamp;
        if (merge.changes_anything())
            stage_index(w, merge.write(m_parts.held->stage, path));
        if (!is_ours())
            throw not_our_index{"somebody wrote to it while it was read"};
        count_profiles(w, before, merge, changes);
        warn_left_out(w, check);
        w.merged = w.report.index_merged = true;
        return true;
    } catch (not_our_index const&) { // the table knows what is right
        discard_index(w);
        return false;
    }
}

std::vector<index_change> cycle::read_changes(dataset_work& w, index_entry_check& check) {
    std::vector<index_change> changes;
    w.known_index.without_entry.clear();
    auto take = [&](index_entry const& entry) {
        bool const listed = !entry.text.empty() && check.fits(entry.text);
        changes.push_back({entry.id, listed ? std::optional{std::string{entry.text}} : std::nullopt});
        if (entry.published && !listed)
            w.known_index.without_entry.insert(entry.id);
    };
    index_exceptions const except{{}, w.known_index.refused, {}, m_parts.refused.unreadable(w.d->name)};
    if (!for_each_changed_entry({*m_reader, m_parts.statements, m_catalog, m_parts.held->files}, *w.d, except,
                                w.changed, take))
        throw not_our_index{"another row than the refused one is published"};
    return changes;
}

void cycle::count_profiles(dataset_work& w, published_index const& before, index_merge const& merge,
                           std::vector<index_change> const& changes) {
    w.known_index.profiles = before.profiles;
    for (auto const& c : changes) {
        bool const was_there = merge.had(c.id) || before.without_entry.contains(c.id);
        bool const is_there = c.entry || w.known_index.without_entry.contains(c.id);
        w.known_index.profiles += is_there ? 1 : 0;
        w.known_index.profiles -= was_there ? 1 : 0;
    }
}

void cycle::rebuild_index(dataset_work& w, bool known) {
    w.known_index.without_entry.clear();
    auto staged = write_entries(w, known);
    auto const& held = *m_parts.held;
    auto const live = held.files.open_file(w.d->index_path);
    auto const stamp = live ? stamp_of(live.fd(), held.files.full(w.d->index_path)) : std::nullopt;
    if (stamp && held.files.compare(w.d->index_path, held.stage.open(staged), held.stage.full(staged.name)) ==
                     tree::comparison::equal) {
        held.stage.discard(staged);
        w.known_index.stamp = *stamp;
    } else {
        stage_index(w, std::move(staged));
    }
}

staged_file cycle::write_entries(dataset_work& w, bool known) {
    // An entry that fitted fits until its row changes; those that did not are checked again to be counted.
    bool const check_all = m_report.mode == cycle_mode::full || m_unfinished || !known;
    index_entry_check check{m_parts.schemas.find(w.d->index_schema)};
    index_file index{m_parts.held->stage, w.d->index_path};
    auto& after = w.known_index;
    auto take = [&](index_entry const& e) {
        bool const must_check = check_all || e.kept || std::ranges::binary_search(w.changed, e.id);
        if (e.text.empty() || (must_check && !check.fits(e.text)))
            after.without_entry.insert(e.id);
        else
            index.add(e.text);
        if (e.kept && e.text.find('\n') != std::string_view::npos)
            after.columns.clear(); // of a profile with other columns: not to be split by line
    };
    after.profiles = for_each_index_entry({*m_reader, m_parts.statements, m_catalog, m_parts.held->files}, *w.d,
                                          exceptions(w), take);
    warn_left_out(w, check);
    return index.finish();
}

index_exceptions cycle::exceptions(dataset_work const& w) {
    index_exceptions found{w.superseded, w.known_index.refused, w.doubled, m_parts.refused.unreadable(w.d->name)};
    if (m_report.mode == cycle_mode::full) // it has seen every row
        return found;
    std::vector<std::int64_t> ids;
    pg::for_each_row(*m_reader, "find repeated ids of " + w.d->table, m_parts.statements.repeated_ids(*w.d), {},
                     [&](pg::result const& r, int i) { ids.push_back(r.integer(i, 0)); });
    if (ids.empty())
        return found;
    auto const rows =
        m_reader->query("find further rows of " + w.d->table, m_parts.statements.rows_of_ids(*w.d), {array_text(ids)});
    std::optional<row_name> best;
    for (int i = 0; i < rows.rows(); ++i) {
        row_name const row{rows.null(i, 0) ? no_key : rows.integer(i, 0), rows.integer(i, 1)};
        if (!best || best->id != row.id)
            best = row;
        else if (*best == row)
            found.doubled.insert(row.id); // or the dimension table has its key twice, which does not matter here
        else
            found.superseded.insert(row);
    }
    return found;
}

void cycle::warn_left_out(dataset_work& w, index_entry_check const& check) {
    auto const before = m_parts.indexes.find(w.d->name);
    for (auto const id : w.known_index.without_entry)
        if (before == m_parts.indexes.end() || !before->second.without_entry.contains(id))
            ++m_report.validation_failures[w.d->index_schema];
    w.report.left_out = check.left_out();
    if (check.left_out() > 0)
        warn(w.d->index_path + ": " + std::to_string(check.left_out()) + " entries left out, the first because of " +
             check.first_violation());
}

void cycle::stage_index(dataset_work& w, staged_file staged) {
    auto const& stage = m_parts.held->stage;
    w.known_index.stamp = stamp_of(stage.open(staged).fd(), stage.full(staged.name)).value();
    w.index = std::move(staged);
}

void cycle::discard_index(dataset_work& w) {
    if (w.index)
        m_parts.held->stage.discard(*w.index);
    w.index.reset();
}

// A new index is not published. What is known of the old one stays true, but for the entries that should be others.
void cycle::keep_old_index(dataset_work& w) {
    discard_index(w);
    if (!w.merged)
        return w.known_index.columns.clear();
    w.known_index = m_parts.indexes.at(w.d->name);
    w.known_index.owed.insert(w.changed.begin(), w.changed.end());
}

void cycle::remember_index(dataset_work& w) {
    auto const live = m_parts.held->files.open_file(w.d->index_path);
    auto const stamp = live ? stamp_of(live.fd(), m_parts.held->files.full(w.d->index_path)) : std::nullopt;
    w.report.index_bytes = stamp ? static_cast<std::uint64_t>(stamp->size) : 0;
    if (!w.touched)
        return;
    if (!stamp || !stamp->same_content(w.known_index.stamp)) // somebody was there at once
        w.known_index.columns.clear();
    w.known_index.stamp = stamp.value_or(file_stamp{});
    m_parts.indexes.insert_or_assign(w.d->name, std::move(w.known_index));
}

} // namespace notes_export
