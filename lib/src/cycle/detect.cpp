// The first part of a cycle: which rows, files and removals it has to look at.
#include "cycle/cycle.hpp"

#include "pg/cursor.hpp"
#include "index/refused_indexes.hpp"
#include "cycle/stopwatch.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace notes_export {

namespace {

constexpr std::chrono::milliseconds look_again{200};

// Returns when the time is over; throws when asked to stop.
void pause(std::stop_token const& stop) {
    std::mutex unused;
    std::unique_lock waiting{unused};
    std::condition_variable_any timer;
    timer.wait_for(waiting, stop, look_again, [] { return false; });
    if (stop.stop_requested())
        throw cancelled{};
}

// Of a view, only its definition is in a fingerprint.
std::string fact_of_view(sql const& statements, dataset const& d) {
    return "definition of " + statements.schema() + '.' + d.view;
}

} // namespace

void cycle::detect() {
    enter(phase::detect);
    stopwatch const timing{m_report.phases, phase::detect};
    m_parts.database.set_stop(m_stop);
    m_parts.database.writer(); // and with it the lock
    m_sources = fingerprint::parse(m_parts.held->memory.sources().value_or(""));
    begin_snapshot();
    for (auto& w : m_work) {
        w.triggers = m_catalog.keeps_flags(*w.d);
        if (!m_catalog.reads().update_triggers(w.d->table).empty())
            w.check = mark_check::reshaped;
    }
    m_counts = removal_window::parse(m_parts.held->memory.counts().value_or(""));
    m_digests = read_digests(*m_reader, m_catalog.reads());
    m_live_text = m_parts.held->files.read(metadata::path).value_or("");
    m_live = metadata::parse(m_live_text);
    m_unfinished = m_live && m_live->publishing > 0;
    m_refused_indexes = read_refused_indexes(m_parts.held->files);
    read_state();
    read_log();
    choose_mode();
    for (auto& w : m_work)
        list_rows(w);
    if (m_parts.observer.found)
        for (auto const& w : m_work)
            m_parts.observer.found(w.d->name, w.report.pending);
}

// The warehouse drops its view and makes it again, not always in one transaction. What is published meanwhile would be
// other documents for everybody, so it is given some time.
void cycle::begin_snapshot() {
    auto const deadline = std::chrono::steady_clock::now() + m_parts.config.view_grace;
    for (;;) {
        m_catalog = begin_locked_snapshot(m_parts.database, m_parts.statements, &m_parts.known_catalog);
        m_reader = &m_parts.database.reader(0);
        auto const gone = vanished_view();
        if (gone.empty())
            break;
        if (std::chrono::steady_clock::now() >= deadline) {
            warn("view " + gone + " is gone: profiles are made from the table");
            break;
        }
        m_parts.database.end_snapshot();
        pause(m_stop);
    }
    for (auto& text : m_catalog.remarks())
        if (m_parts.remarks.insert(text).second)
            warn(std::move(text));
}

std::string cycle::vanished_view() const {
    for (auto const& w : m_work)
        if (!w.d->view.empty() && !m_catalog.has_relation(w.d->view) &&
            m_sources.has(fact_of_view(m_parts.statements, *w.d)))
            return w.d->view;
    return "";
}

void cycle::read_state() {
    if (!m_catalog.has_table("json_export_state"))
        return;
    auto const state = m_reader->prepared("read json_export_state", m_parts.statements.state(), {});
    if (!state.empty())
        m_state_generation = static_cast<std::uint64_t>(state.integer(0, 0));
}

void cycle::read_log() {
    if (!m_catalog.has_table("json_export_log"))
        return;
    auto const lines = m_reader->prepared("read json_export_log", m_parts.statements.log(), {});
    for (int i = 0; i < lines.rows(); ++i) {
        auto const line = lines.integer(i, 0);
        auto const w = std::ranges::find(m_work, lines.text(i, 1), [](auto const& x) { return x.d->name; });
        if (lines.null(i, 1)) {
            m_full_request = lines.null(i, 4) ? "requested" : lines.text(i, 4);
            m_full_requests.push_back(line);
        }
        if (w == m_work.end()) // a dataset that we do not export
            continue;
        w->log_lines.push_back(line);
        w->touched = true;
        if (!lines.null(i, 2))
            w->logged.keys.insert(lines.integer(i, 2));
        else if (!lines.null(i, 3))
            w->logged.ids.insert(lines.integer(i, 3));
        else
            w->sweep = true;
    }
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
        return m_full_request == "requested" ? "requested in the database" : m_full_request;
    if (m_parts.tree_replaced)
        return "directory was replaced";
    if (!m_live)
        return m_parts.held->files.exists(metadata::path) ? "metadata.json is damaged" : "tree is empty";
    if (m_live->generation == 0)
        return "tree was made by another program";
    if (m_live->data_schema_hash != m_catalog.schema_hash())
        return "columns changed";
    if (auto changed = m_catalog.reads().facts().difference_to(m_sources); !changed.empty())
        return changed + " changed";
    if (auto const wrong = wrong_generation(); !wrong.empty())
        return wrong;
    if (m_unfinished && m_parts.held->memory.database() != database_identity())
        return "earlier cycle unfinished in another history of the database";
    if (!m_parts.marks_watched && m_parts.held->memory.marking_may_change_rows())
        return "rows may have changed when they were marked";
    if (auto changed = unwatched_change(); !changed.empty())
        return changed;
    return full_is_due() ? "full_interval" : "";
}

// The database knows which generation it was published as, unless somebody emptied that table, or kept it locked when
// this process wanted to say so.
std::string cycle::wrong_generation() {
    if (!m_catalog.has_table("json_export_state"))
        return "";
    if (!m_state_generation)
        return m_parts.state_cannot_be_made ? "" : "json_export_state was emptied";
    bool const unrecorded = m_parts.unrecorded && *m_parts.unrecorded == database_identity();
    return *m_state_generation == m_live->generation || (unrecorded && *m_state_generation < m_live->generation)
               ? ""
               : "tree and database are of different generations";
}

std::string cycle::database_identity() {
    if (m_identity.empty())
        m_identity = m_reader->prepared("identify the database", sql::database_identity(), {}).text(0, 0);
    return m_identity;
}

// Where no trigger tells of changes, nothing is known of those from before this process.
std::string cycle::unwatched_change() const {
    if (m_digests.empty())
        return "";
    if (!m_parts.digests)
        return "first cycle without the triggers of install.sql";
    for (auto const& [name, digest] : m_digests)
        if (auto const before = m_parts.digests->find(name);
            before == m_parts.digests->end() || before->second != digest)
            return "rows of " + name + " changed, which no trigger watches";
    return "";
}

bool cycle::full_is_due() const {
    auto const interval = m_parts.config.full_interval.count();
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(m_report.started.time_since_epoch()).count();
    auto const last = m_parts.held->memory.last_full();
    return interval > 0 && (now - last >= interval || last > now);
}

void cycle::list_rows(dataset_work& w) {
    bool const full = m_report.mode == cycle_mode::full;
    if (auto const again = m_parts.look_again.find(w.d->name); again != m_parts.look_again.end())
        w.logged.keys.insert(again->second.begin(), again->second.end());
    auto list = full ? read_all_rows(*m_reader, m_parts.statements, *w.d, has_versions(w))
                     : read_pending_rows(*m_reader, m_parts.statements, *w.d, w.logged);
    w.rows = std::move(list.rows);
    w.report.rows_read = w.rows.size();
    report_odd_keys(w, list);
    w.sweep = w.sweep || full;
    w.had_files = !full || m_parts.held->files.try_open_directory(w.layout.top());
    w.touched = w.touched || full || m_unfinished || index_is_owed(w);
    note_exceptions(w);
    find_removals(w);
    drop_known_refusals(w);
    if (!full)
        for (auto const& row : w.rows)
            w.changed.push_back(row.id);
    w.changed.insert(w.changed.end(), w.logged.ids.begin(), w.logged.ids.end());
    w.report.pending = static_cast<std::size_t>(std::ranges::count_if(
        w.rows, [&](work_row const& row) { return row.pending && !is_known_refusal(w, row); }));
    w.touched = w.touched || !w.rows.empty();
}

bool cycle::has_versions(dataset_work const& w) const {
    return m_catalog.reads().has_versions(w.d->table);
}

// A key in several rows, or in none, is no fault of ours, and no reason to lose what is published.
void cycle::report_odd_keys(dataset_work const& w, work_list const& list) {
    if (!list.doubled.empty())
        warn(w.d->table + ": " + w.d->key_column + " = " + std::to_string(list.doubled.front().key) + " stands in " +
             std::to_string(list.doubled.front().rows) + " rows" +
             (list.doubled.size() > 1 ? ", and " + std::to_string(list.doubled.size() - 1) + " more keys are repeated"
                                      : "") +
             "; it should be unique. Each id keeps the content of a row of its own");
    if (list.keyless > 0)
        warn(w.d->table + ": " + w.d->key_column + " is NULL in " + std::to_string(list.keyless) + " rows" +
             (m_report.mode == cycle_mode::full ? "" : " looked at") +
             "; they are left out, and files of their ids stay as they are");
}

void cycle::note_exceptions(dataset_work& w) {
    for (auto const& row : w.rows)
        if (row.what == work_row::role::superseded)
            w.superseded.insert(row.name());
        else if (row.what == work_row::role::doubled)
            w.doubled.insert(row.id);
}

// Logged ids that no row has any more. A full export, or a sweep, compares all files with all ids.
void cycle::find_removals(dataset_work& w) const {
    if (w.sweep)
        return;
    for (auto const id : w.logged.ids)
        if (!std::ranges::binary_search(w.rows, id, {}, &work_row::id))
            w.removals.push_back(id);
}

// A refused row is tried again when its version changes, or in a full export.
void cycle::drop_known_refusals(dataset_work& w) {
    forget_refusals_of_gone_rows(w);
    if (m_report.mode == cycle_mode::full)
        return;
    std::erase_if(w.rows, [&](work_row const& row) {
        return !w.doubled.contains(row.id) && !w.logged.keys.contains(row.key) && !w.logged.ids.contains(row.id) &&
               is_known_refusal(w, row);
    });
}

bool cycle::is_known_refusal(dataset_work const& w, work_row const& row) const {
    return (row.what == work_row::role::profile || row.what == work_row::role::keyless) &&
           m_parts.refused.holds(w.d->name, row.name(), row.version);
}

// A refusal ends when its row is published, gone, or no longer the one of its id; not when its flag is lost.
void cycle::forget_refusals_of_gone_rows(dataset_work& w) {
    std::set<row_name> looked_at;
    for (auto const& row : w.rows)
        if (row.what == work_row::role::profile || row.what == work_row::role::keyless)
            looked_at.insert(row.name());
    std::set<row_name> unseen;
    for (auto const& name : m_parts.refused.names(w.d->name))
        if (!looked_at.contains(name))
            unseen.insert(name);
    if (!unseen.empty() && m_report.mode == cycle_mode::incremental)
        for (auto const& row : still_there(w, unseen)) {
            looked_at.insert(row.name());
            if (!row.pending) // its flag could not be cleared when it was refused
                w.to_flag.push_back(row);
        }
    m_parts.refused.keep_only(w.d->name, looked_at);
}

std::vector<work_row> cycle::still_there(dataset_work const& w, std::set<row_name> const& wanted) {
    std::vector<std::int64_t> keys;
    for (auto const& name : wanted)
        keys.push_back(name.key);
    std::vector<work_row> there;
    for (auto const& row : read_rows_of_keys(*m_reader, m_parts.statements, *w.d, keys))
        if (wanted.contains(row.name()) && !w.superseded.contains(row.name()))
            there.push_back(row);
    return there;
}

bool cycle::idle() const {
    return std::ranges::none_of(m_work, [](auto const& w) { return w.touched; });
}

} // namespace notes_export
