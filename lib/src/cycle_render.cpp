// The second part of a cycle: documents are rendered, checked and staged. Nothing is published, except the complete
// batches of a large cycle.
#include "cycle.hpp"

#include "pg/cursor.hpp"
#include "stopwatch.hpp"

#include <algorithm>
#include <array>

namespace notes_export {

namespace {

// More than this share of a dataset, and more than a handful, is not removed unasked: a TRUNCATE or a failed load looks
// so.
constexpr std::size_t shrink_share = 5; // one fifth
constexpr std::size_t shrink_minimum = 10;
// While the tree has no metadata.json it promises its readers nothing yet, so that profiles may come in small batches:
// disk, file system and database then work beside the rendering, and not after it.
constexpr std::size_t first_export_batch = 2500;

// Fewer files are put on disk one by one, with the directories that they need.
constexpr std::size_t worth_whole_directories = 200;

/// As many rows as wanted, and the rest of the last branch unless it is a large one.
std::span<work_row const> whole_branches(std::span<work_row const> rows, std::size_t wanted,
                                         entity_path const& layout) {
    auto end = std::min(wanted, rows.size());
    auto const branch = [&](std::size_t i) { return layout.branch_number(rows[i].id); };
    while (end > 0 && end < std::min(2 * wanted, rows.size()) && branch(end) == branch(end - 1))
        ++end;
    return rows.first(end);
}

} // namespace

void cycle::export_profiles(dataset_work& w) {
    for (auto const& row : w.rows)
        if (row.what != work_row::role::profile) {
            w.report.superseded += row.what == work_row::role::superseded ? 1 : 0;
            m_parts.refused.release(w.d->name, row.key);
            if (row.pending)
                w.to_mark.push_back(row);
        }
    std::erase_if(w.rows, [](work_row const& row) { return row.what != work_row::role::profile; });

    profile_pipeline pipeline{{m_parts.database, m_parts.statements, m_catalog, m_parts.held->files,
                               &m_parts.held->stage, m_parts.schemas, m_parts.config.workers, m_stop},
                              *w.d};
    // By directory, which makes it likely that a batch has all the files of a new one.
    std::ranges::sort(w.rows, {}, [&](work_row const& r) { return std::pair{w.layout.directory_number(r.id), r.id}; });
    bool const may_be_new = !m_live || w.rows.size() > worth_whole_directories;
    std::span<work_row const> rest{w.rows};
    while (!rest.empty()) {
        auto const rows =
            may_be_new ? whole_branches(rest, batch_rows(), w.layout) : rest.first(std::min(batch_rows(), rest.size()));
        rest = rest.subspan(rows.size());
        if (may_be_new)
            m_batch.expect(*m_parts.held, w.layout, rows);
        for (auto& outcome : pipeline.run(rows, m_batch))
            take(w, std::move(outcome));
        if (std::max(m_batch.profiles.size(), w.to_mark.size()) >= batch_rows() && !rest.empty())
            flush_profiles(); // the last batch goes with the indexes
    }
    std::ranges::sort(w.rows, {}, &work_row::id);
    m_report.phases.add(pipeline.times());
}

std::size_t cycle::batch_rows() const {
    auto const wanted = static_cast<std::size_t>(m_parts.config.batch_size);
    bool const whole = m_live || m_parts.config.validation == validation_mode::strict;
    return whole ? wanted : std::min(wanted, first_export_batch);
}

void cycle::take(dataset_work& w, profile_outcome&& outcome) {
    auto const& row = outcome.row;
    if (outcome.what == profile_outcome::kind::refused) {
        quarantined_row refused{
            w.d->name,         row.id, row.key, row.version, outcome.name, outcome.why.pointer, outcome.why.keyword,
            outcome.why.detail};
        if (m_parts.config.validation == validation_mode::strict)
            throw validation_error{w.d->singular + ' ' + std::to_string(row.id) + " does not fit " +
                                       w.d->profile_schema + ": " + refused.keyword + " at \"" + refused.pointer +
                                       "\": " + refused.detail,
                                   w.d->profile_schema};
        if (!m_parts.refused.holds(w.d->name, row.key, row.version)) {
            m_report.quarantined.push_back(refused);
            ++m_report.validation_failures[w.d->profile_schema];
        }
        m_parts.refused.add(std::move(refused));
        if (row.pending)
            --w.report.pending;
        else
            w.to_flag.push_back(row);
        return;
    }
    m_parts.refused.release(w.d->name, row.key);
    if (row.pending)
        w.to_mark.push_back(row);
    if (outcome.what == profile_outcome::kind::equal) {
        ++w.report.unchanged;
        return;
    }
    ++w.report.exported;
    w.created += outcome.had_file ? 0 : 1;
    m_report.bytes_written += outcome.file.size;
    m_batch.profiles.push_back({std::move(outcome.file), &w, row.id, std::move(outcome.name)});
}

// Part of a large cycle: what is rendered so far is published and marked, so that a crash does not cost it. The indexes
// follow at the end; the journal remembers that they are owed.
void cycle::flush_profiles() {
    finish_batch();
    if (m_stop.stop_requested())
        throw cancelled{};
    if (!m_batch.profiles.empty()) {
        if (!m_unfinished)
            m_parts.held->memory.begin_unfinished();
        m_unfinished = true;
        m_parts.held->now = held_tree::condition::published;
    }
    for (auto& w : m_work)
        m_batch.rows.emplace_back(&w, std::exchange(w.to_mark, {}));
    m_flushing =
        std::async(std::launch::async, publish_batch, std::exchange(m_batch, {}), std::move(m_marking),
                   std::cref(*m_parts.held), std::ref(m_parts.database), std::cref(m_parts.statements), m_stop);
}

void cycle::finish_batch() {
    if (!m_flushing.valid())
        return;
    auto done = m_flushing.get();
    m_marking = std::move(done.marking);
    m_report.phases.add(done.phases);
    m_report.files_written += done.batch.profiles.size();
    m_report.published = m_report.published || !done.batch.profiles.empty();
    count_marks(done.earlier);
    announce(done.batch);
}

void cycle::finish_marking() {
    if (!m_marking.valid())
        return;
    count_marks(m_marking.get());
    m_parts.database.close_marker();
}

void cycle::count_marks(marking_result const& done) {
    m_report.phases.add(phase::mark, done.time);
    for (auto const& [of, marked, asked] : done.rows) {
        of->report.marked += marked;
        of->report.mark_conflicts += asked - marked;
    }
}

// Listing a large tree takes its time, which other work can use.
void cycle::begin_sweep(dataset_work& w) {
    if (w.had_files)
        w.found = std::async(std::launch::async, [this, &w] { return m_parts.held->files.profile_ids(w.layout); });
}

void cycle::finish_sweep(dataset_work& w) {
    if (!w.found.valid())
        return;
    stopwatch const timing{m_report.phases, phase::index};
    auto const ids = all_ids(w);
    w.removals.clear();
    for (auto const id : w.found.get())
        if (!std::ranges::binary_search(ids, id))
            w.removals.push_back(id);
}

std::vector<std::int64_t> cycle::all_ids(dataset_work const& w) {
    std::vector<std::int64_t> ids;
    if (m_report.mode == cycle_mode::full) // it has seen every row
        for (auto const& row : w.rows)
            ids.push_back(row.id);
    else
        pg::for_each_row(*m_reader, "list ids of " + w.d->table, m_parts.statements.ids(*w.d), {},
                         [&](pg::result const& r, int i) { ids.push_back(r.integer(i, 0)); });
    std::ranges::sort(ids);
    return ids;
}

// Without triggers nothing tells of removed rows, but the numbers do.
void cycle::sweep_unless_adds_up(dataset_work& w) {
    auto const before = m_live ? m_live->total(w.d->name) : 0;
    if (w.touched && before + w.created != w.report.published) {
        begin_sweep(w);
        finish_sweep(w);
    }
}

void cycle::guard_shrink(dataset_work& w) {
    if (!w.touched)
        return;
    std::erase_if(w.removals, [&](std::int64_t id) { return !m_parts.held->files.is_removable(w.layout.of(id)); });
    auto const kept = w.report.published - std::min(w.created, w.report.published);
    auto const before = std::max<std::size_t>(m_live ? m_live->total(w.d->name) : 0, kept + w.removals.size());
    auto const missing = before > w.report.published ? before - w.report.published : 0;
    auto const going = std::max(w.removals.size(), missing);
    if (m_request.allow_shrink || going <= shrink_minimum || going * shrink_share <= before)
        return;
    w.report.shrink_refused = going;
    warn("shrink guard: " + std::to_string(going) + " of " + std::to_string(before) + ' ' + w.d->name +
         " are gone from the database; their files and the index stay as they are"
         " (if that is right, stop the service and run: osm-notes-exportd once --full --force)");
    w.removals.clear();
    w.log_seqs.clear();
    keep_old_index(w);
    w.report.published = before;
}

void cycle::build_documents() {
    stopwatch const timing{m_report.phases, phase::index};
    for (auto const& d : standard_documents())
        build_document(d);
}

void cycle::build_document(document const& d) {
    auto const row = m_reader->prepared("read row of " + d.table, m_parts.statements.row_document(d),
                                        std::array<pg::param, 1>{std::to_string(d.key)});
    if (row.empty()) {
        if (m_report.mode == cycle_mode::full)
            warn(d.path + ": " + d.table + " has no row with " + d.key_column + " = " + std::to_string(d.key) +
                 "; the file stays as it is");
        return;
    }
    auto const text = row.text(0, 0) + '\n';
    if (m_parts.held->files.compare(d.path, text) == tree::comparison::equal)
        return;
    if (auto const s = m_parts.schemas.find(d.schema))
        if (auto const refused = schema_checker{*s}.check(text)) {
            auto const reason = d.path + " does not fit " + d.schema + ": " + refused->keyword + " at \"" +
                                refused->pointer + "\": " + refused->detail;
            if (m_parts.config.validation == validation_mode::strict)
                throw validation_error{reason, d.schema};
            if (std::exchange(m_parts.refused_documents[d.path], text) != text) {
                ++m_report.validation_failures[d.schema];
                warn(reason + "; the file stays as it is");
            }
            return;
        }
    m_parts.refused_documents.erase(d.path);
    m_documents.push_back(m_parts.held->stage.write(text, d.path));
    m_report.bytes_written += text.size();
}

} // namespace notes_export
