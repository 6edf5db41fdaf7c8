// The second part of a cycle: documents are rendered, checked and staged. Nothing is published, except the complete
// batches of a large cycle.
#include "cycle/cycle.hpp"

#include "pg/cursor.hpp"
#include "cycle/stopwatch.hpp"

#include <algorithm>
#include <array>

namespace notes_export {

namespace {

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

// What is not to be rendered. A further row of a profile's key is marked with it.
void cycle::set_aside_rows(dataset_work& w) {
    for (auto const& row : w.rows)
        switch (row.what) {
        case work_row::role::superseded:
            ++w.report.superseded;
            [[fallthrough]];
        case work_row::role::unpublished:
            m_parts.refused.release(w.d->name, row.name());
            if (row.pending)
                w.to_mark.push_back(row);
            break;
        case work_row::role::doubled:
            if (row.pending)
                w.with_profile[row.id].push_back(row);
            break;
        case work_row::role::keyless:
            refuse(w, row,
                   {w.d->name, row.id, row.key, row.version, "", "/" + w.d->key_column, "key",
                    w.d->table + '.' + w.d->key_column + " is NULL"});
            break;
        case work_row::role::profile:
            break;
        }
    for (auto const& row : w.rows)
        if (row.what == work_row::role::keyless || row.what == work_row::role::profile)
            w.ids.push_back(row.id);
    std::ranges::sort(w.ids);
    std::erase_if(w.rows, [](work_row const& row) { return row.what != work_row::role::profile; });
}

void cycle::export_profiles(dataset_work& w) {
    set_aside_rows(w);
    profile_pipeline pipeline{{m_parts.database, m_parts.statements, m_catalog, m_parts.held->files,
                               &m_parts.held->stage, m_parts.schemas, m_parts.config.workers, m_stop,
                               &m_parts.oversized},
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
    m_report.phases.add(pipeline.times());
    report_multiplied(w);
}

void cycle::report_multiplied(dataset_work const& w) {
    if (w.multiplied.empty())
        return;
    auto const& [key, documents] = *w.multiplied.begin();
    warn(m_catalog.source(*w.d) + " gives " + std::to_string(documents) + " rows for " + w.d->key_column + " = " +
         std::to_string(key) +
         (w.multiplied.size() > 1 ? ", and several for " + std::to_string(w.multiplied.size() - 1) + " more" : "") +
         ": is a key of a table that is joined not unique? One of them is published");
}

std::size_t cycle::batch_rows() const {
    auto const wanted = static_cast<std::size_t>(m_parts.config.batch_size);
    bool const whole = m_live || m_parts.config.validation == validation_mode::strict;
    return whole ? wanted : std::min(wanted, first_export_batch);
}

void cycle::take(dataset_work& w, profile_outcome&& outcome) {
    auto const& row = outcome.row;
    if (outcome.documents > 1 && !w.doubled.contains(row.id))
        w.multiplied.emplace(row.key, outcome.documents);
    if (outcome.what == profile_outcome::kind::refused)
        return refuse(w, row,
                      {w.d->name, row.id, row.key, row.version, outcome.name, outcome.why.pointer, outcome.why.keyword,
                       outcome.why.detail});
    if (row.pending && is_known_refusal(w, row))
        ++w.report.pending; // a refusal is not counted, but this one has ended
    m_parts.refused.release(w.d->name, row.name());
    if (row.pending)
        w.to_mark.push_back(row);
    if (auto const further = w.with_profile.find(row.id); further != w.with_profile.end())
        w.to_mark.insert(w.to_mark.end(), further->second.begin(), further->second.end());
    if (outcome.what == profile_outcome::kind::equal) {
        ++w.report.unchanged;
        return;
    }
    ++w.report.exported;
    w.created += outcome.had_file ? 0 : 1;
    m_report.bytes_written += outcome.file.size;
    m_batch.profiles.push_back({std::move(outcome.file), &w, row.id, std::move(outcome.name)});
}

void cycle::refuse(dataset_work& w, work_row const& row, quarantined_row refused) {
    if (m_parts.config.validation == validation_mode::strict)
        throw validation_error{w.d->singular + ' ' + std::to_string(row.id) + " does not fit " + w.d->profile_schema +
                                   ": " + refused.keyword + " at \"" + refused.pointer + "\": " + refused.detail,
                               w.d->profile_schema};
    bool const known = is_known_refusal(w, row);
    if (!known) {
        m_report.quarantined.push_back(refused);
        ++m_report.validation_failures[w.d->profile_schema];
    }
    m_parts.refused.add(std::move(refused));
    if (row.pending)
        w.report.pending -= known ? 0U : 1U; // it is not counted already
    else if (row.key != no_key && has_versions(w))
        w.to_flag.push_back(row);
}

// Part of a large cycle: what is rendered so far is published and marked, so that a crash does not cost it. The indexes
// follow at the end; the journal remembers that they are owed.
void cycle::flush_profiles() {
    finish_batch();
    watch_marks();
    if (m_stop.stop_requested())
        throw cancelled{};
    if (!m_batch.profiles.empty()) {
        remember_database();
        stage_publishing_mark();
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
    for (auto const& [of, rows, asked] : done.rows) {
        of->report.marked += rows.marked;
        of->report.mark_conflicts += asked - std::min(asked, rows.marked);
        take_reshaped(*of->d, rows.reshaped);
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
    if (m_report.mode == cycle_mode::full) // it has seen every row
        return w.ids;
    std::vector<std::int64_t> ids;
    pg::for_each_row(*m_reader, "list ids of " + w.d->table, m_parts.statements.ids(*w.d), {},
                     [&](pg::result const& r, int i) { ids.push_back(r.integer(i, 0)); });
    std::ranges::sort(ids);
    return ids;
}

void cycle::guard_shrink(dataset_work& w) {
    if (!w.touched)
        return;
    std::erase_if(w.removals, [&](std::int64_t id) { return !m_parts.held->files.is_removable(w.layout.of(id)); });
    auto const kept = w.report.published - std::min(w.created, w.report.published);
    auto const before = std::max<std::size_t>(m_live ? m_live->total(w.d->name) : 0, kept + w.removals.size());
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(m_report.started.time_since_epoch()).count();
    auto const verdict =
        m_counts.judge(w.d->name, {before, w.report.published, w.removals.size()}, now, m_request.allow_shrink);
    if (!verdict.refused) {
        if (verdict.let_pass > 0)
            warn("shrink guard: " + std::to_string(verdict.let_pass) + " of " + std::to_string(verdict.of) + ' ' +
                 w.d->name + " went within a day, which is allowed");
        return;
    }
    w.report.shrink_refused = verdict.going;
    warn("shrink guard: " + std::to_string(verdict.going) + " of " + std::to_string(verdict.of) + ' ' + w.d->name +
         " are gone from the database" + (verdict.of > before ? " within a day" : "") +
         "; their files and the index stay as they are"
         " (if that is right, stop the service and run: osm-notes-exportd once --full --force)");
    w.removals.clear();
    w.log_lines.clear();
    keep_old_index(w);
    w.report.published = before;
}

void cycle::build_documents() {
    stopwatch const timing{m_report.phases, phase::index};
    for (auto const& d : standard_documents())
        build_document(d);
}

// Nothing else may end because this one row cannot be read.
std::optional<pg::result> cycle::read_document_row(document const& d) {
    auto const purpose = "read row of " + d.table;
    m_reader->set_savepoint();
    try {
        return m_reader->prepared(purpose, m_parts.statements.row_document(d),
                                  std::array<pg::param, 1>{std::to_string(d.key)});
    } catch (database_error const& e) {
        if (!pg::is_of_a_row(e))
            throw;
        m_reader->back_to_savepoint();
        if (std::exchange(m_parts.refused_documents[d.path], e.what()) != e.what())
            warn(d.path + ": " + e.what() + "; the file stays as it is");
        return std::nullopt;
    }
}

void cycle::build_document(document const& d) {
    auto const found = read_document_row(d);
    if (!found)
        return;
    auto const& row = *found;
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
