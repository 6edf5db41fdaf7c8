// The first part of a cycle: which rows, files and removals it has to look at.
#include "cycle.hpp"

#include "pg/cursor.hpp"
#include "refused_indexes.hpp"
#include "stopwatch.hpp"

#include <algorithm>

namespace notes_export {

void cycle::detect() {
    enter(phase::detect);
    stopwatch const timing{m_report.phases, phase::detect};
    m_parts.database.set_stop(m_stop);
    auto& writer = m_parts.database.writer();
    m_catalog = catalog::read(writer, m_parts.statements, &m_parts.known_catalog);
    for (auto& w : m_work)
        w.triggers = m_catalog.has_triggers(*w.d);
    bool const without_triggers = std::ranges::any_of(m_work, [](auto const& w) { return !w.triggers; });
    if (without_triggers)
        forget_other_database();
    for (auto& w : m_work) {
        if (!w.triggers)
            writer.query("reset flags of modified " + w.d->name, m_parts.statements.reset_modified(*w.d),
                         {m_parts.previous_snapshot});
    }
    m_reader = &m_parts.database.begin_snapshot();
    if (without_triggers)
        m_snapshot = m_reader->query("name the snapshot", sql::current_snapshot()).text(0, 0);
    m_live_text = m_parts.held->files.read(metadata::path).value_or("");
    m_live = metadata::parse(m_live_text);
    m_unfinished = m_parts.held->memory.unfinished();
    m_refused_indexes = read_refused_indexes(m_parts.held->files);
    read_state();
    choose_mode();
    for (auto& w : m_work)
        list_rows(w);
    if (m_parts.observer.found)
        for (auto const& w : m_work)
            m_parts.observer.found(w.d->name, w.report.pending);
    read_removals();
}

// A restored database may have older rows that no snapshot of the one before tells from unchanged ones.
void cycle::forget_other_database() {
    auto const now =
        m_parts.database.writer().query("identify the database", sql::database_identity(), {m_parts.previous_snapshot});
    if (now.text(0, 0) != m_parts.database_identity || !now.boolean(0, 1)) {
        m_parts.previous_snapshot.reset();
        m_parts.previous_ids.clear();
    }
    m_parts.database_identity = now.text(0, 0);
}

void cycle::read_state() {
    if (!m_catalog.has_table("json_export_state"))
        return;
    auto const state = m_reader->prepared("read json_export_state", m_parts.statements.state(), {});
    if (state.empty())
        return;
    m_state_generation = static_cast<std::uint64_t>(state.integer(0, 0));
    m_full_request = state.text(0, 1);
}

void cycle::choose_mode() {
    m_report.reason = full_reason();
    m_report.mode = m_report.reason.empty() ? cycle_mode::incremental : cycle_mode::full;
    if (m_report.mode == cycle_mode::incremental)
        m_report.reason = m_unfinished ? "earlier cycle unfinished" : "changes";
}

std::string cycle::full_reason() {
    if (m_request.full)
        return "requested";
    if (!m_full_request.empty())
        return "requested in the database";
    if (m_parts.tree_replaced)
        return "directory was replaced";
    if (!m_live)
        return m_parts.held->files.exists(metadata::path) ? "metadata.json is damaged" : "tree is empty";
    if (m_live->generation == 0)
        return "tree was made by another program";
    if (m_live->data_schema_hash != m_catalog.schema_hash())
        return "columns changed";
    if (m_parts.held->memory.sources() != m_catalog.sources())
        return "source of the profiles changed";
    if (m_catalog.has_table("json_export_state") && m_state_generation != m_live->generation)
        return "tree and database are of different generations";
    if (!m_snapshot.empty() && !m_parts.previous_snapshot)
        return "first cycle without the triggers of install.sql";
    auto const interval = m_parts.config.full_interval.count();
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(m_report.started.time_since_epoch()).count();
    auto const last = m_parts.held->memory.last_full();
    if (interval > 0 && (now - last >= interval || last > now))
        return "full_interval";
    return "";
}

void cycle::list_rows(dataset_work& w) {
    bool const full = m_report.mode == cycle_mode::full;
    w.rows = read_work_list(*m_reader, m_parts.statements, *w.d, {full, w.triggers, m_parts.previous_snapshot});
    w.report.rows_read = w.rows.size();
    w.sweep = full;
    w.had_files = !full || m_parts.held->files.try_open_directory(w.layout.top());
    w.touched = full || m_unfinished || index_is_owed(w);
    if (full)
        note_superseded(w);
    drop_known_refusals(w);
    if (!full)
        for (auto const& row : w.rows)
            w.changed.push_back(row.id);
    w.report.pending = static_cast<std::size_t>(std::ranges::count(w.rows, true, &work_row::pending));
    if (!w.triggers) {
        // Nothing tells of deleted rows here but their number.
        w.id_count = m_reader->query("count ids of " + w.d->table, m_parts.statements.id_count(*w.d)).integer(0, 0);
        auto const before = m_parts.previous_ids.find(w.d->name);
        w.touched = w.touched || before == m_parts.previous_ids.end() || before->second != w.id_count;
    }
    w.touched = w.touched || !w.rows.empty();
}

void cycle::note_superseded(dataset_work& w) {
    for (auto const& row : w.rows)
        if (row.what == work_row::role::superseded)
            w.superseded.insert(row.key);
}

// A refused row is tried again when its version changes, or in a full export; a refusal whose row is no longer pending,
// gone, or no longer the one of its id, is forgotten.
void cycle::drop_known_refusals(dataset_work& w) {
    std::set<std::int64_t> pending;
    for (auto const& row : w.rows)
        if (row.pending && row.what == work_row::role::profile)
            pending.insert(row.key);
    m_parts.refused.keep_only(w.d->name, pending);
    if (m_report.mode == cycle_mode::full)
        return;
    std::erase_if(w.rows, [&](work_row const& row) {
        return row.pending && row.what == work_row::role::profile &&
               m_parts.refused.holds(w.d->name, row.key, row.version);
    });
}

void cycle::read_removals() {
    if (!m_catalog.has_table("json_export_removals"))
        return;
    std::map<std::string, std::vector<std::int64_t>> gone;
    pg::for_each_row(
        *m_reader, "read json_export_removals", m_parts.statements.removals(), {}, [&](pg::result const& r, int i) {
            auto const w = std::ranges::find(m_work, r.text(i, 1), [](auto const& x) { return x.d->name; });
            if (w == m_work.end())
                return;
            w->log_seqs.push_back(r.integer(i, 0));
            w->touched = true;
            if (r.null(i, 2))
                w->sweep = true;
            else
                gone[w->d->name].push_back(r.integer(i, 2));
        });
    for (auto& w : m_work) {
        auto const& ids = gone[w.d->name];
        if (ids.empty() || w.sweep)
            continue;
        w.changed.insert(w.changed.end(), ids.begin(), ids.end());
        std::set<std::int64_t> candidates{ids.begin(), ids.end()};
        auto const there = m_reader->query("look for removed " + w.d->name, m_parts.statements.existing_ids(*w.d),
                                           {array_text(candidates)});
        for (int i = 0; i < there.rows(); ++i)
            candidates.erase(there.integer(i, 0));
        w.removals.assign(candidates.begin(), candidates.end());
    }
}

bool cycle::idle() const {
    return std::ranges::none_of(m_work, [](auto const& w) { return w.touched; });
}

} // namespace notes_export
