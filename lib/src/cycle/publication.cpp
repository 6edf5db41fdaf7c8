// The last part of a cycle: staged files become the tree, the tree becomes flags.
#include "cycle/cycle.hpp"

#include "document/format_version.hpp"
#include "source/marks.hpp"
#include "cycle/stopwatch.hpp"

#include <algorithm>

namespace notes_export {

version_file cycle::versions() const {
    return {m_parts.held->files, m_parts.held->stage, m_parts.config.version_file};
}

// The version of the data format, from .json_export_version. An operator's own edit wins over raising it ourselves.
std::string cycle::data_version() {
    auto const file = versions();
    auto const text = file.read();
    auto const published = format_version::parse(m_live ? m_live->version : "").value_or(format_version{}).text();
    if (!text) {
        m_new_version = published;
        return published;
    }
    auto const current = format_version::parse(*text);
    if (!current) {
        warn(file.full().string() + ": \"" + text->substr(0, 40) + "\" is not a version such as 1.2.0; \"" + published +
             "\" is used until it is mended");
        return published;
    }
    bool const changed = m_live && m_live->data_schema_hash != m_catalog.schema_hash();
    if (!changed || current->text() != published)
        return current->text();
    auto const before = m_parts.held->memory.columns_of(m_live->data_schema_hash);
    m_new_version = raised(*current, before, m_catalog.column_lines()).text();
    return *m_new_version;
}

void cycle::build_metadata() {
    metadata next;
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(m_report.started.time_since_epoch()).count();
    next.export_timestamp = now; // whatever was before: only the generation tells what is newer
    for (auto& w : m_work) {
        w.report.total = w.touched ? w.report.published : m_live ? m_live->total(w.d->name) : 0;
        next.totals.emplace_back(w.d->name, w.report.total);
    }
    next.version = data_version();
    next.data_schema_hash = m_catalog.schema_hash();
    next.generation = m_live ? m_live->generation : 0;
    m_report.version = next.version;
    m_report.generation = next.generation;

    // Its bytes as well: what else is in it, or how it is laid out, is ours too.
    bool const same = m_live && m_live->text() == m_live_text && m_live->totals == next.totals &&
                      m_live->version == next.version && m_live->data_schema_hash == next.data_schema_hash &&
                      m_live->generation > 0 && m_state_generation.value_or(0) <= m_live->generation &&
                      now >= m_live->export_timestamp; // a date to come is a clock's mistake
    bool const heartbeat = m_live && now - m_live->export_timestamp >= m_parts.config.metadata_heartbeat.count() &&
                           m_parts.config.metadata_heartbeat.count() > 0;
    if (same && !has_more_than_metadata() && !m_unfinished && !heartbeat)
        return;
    next.generation = next_generation();
    m_report.generation = next.generation;
    auto const text = next.text();
    if (auto const s = m_parts.schemas.find(std::string{metadata::schema_file}))
        if (auto const refused = schema_checker{*s}.check(text))
            throw validation_error{"metadata.json does not fit " + std::string{metadata::schema_file} + ": " +
                                       refused->keyword + " at \"" + refused->pointer + "\": " + refused->detail,
                                   std::string{metadata::schema_file}};
    m_metadata_file = m_parts.held->stage.write(text, std::string{metadata::path});
    m_report.bytes_written += text.size();
}

bool cycle::has_more_than_metadata() const {
    return !m_batch.profiles.empty() || !m_documents.empty() || removal_count() > 0 ||
           std::ranges::any_of(m_work, [](auto const& w) { return w.index.has_value(); });
}

std::uint64_t cycle::next_generation() const {
    return std::max(m_live ? m_live->generation : 0, m_state_generation.value_or(0)) + 1;
}

// Readers who need one state of the whole tree look for this before and after. A tree without metadata.json promises
// nothing yet.
void cycle::stage_publishing_mark() {
    if (!m_live || m_marked_publishing)
        return;
    m_marked_publishing = true;
    auto mark = *m_live;
    mark.publishing = next_generation();
    m_batch.mark = m_parts.held->stage.write(mark.text(), std::string{metadata::path});
}

// Before anything of it is published.
void cycle::remember_database() const {
    if (!m_identity.empty() && m_parts.held->memory.database() != m_identity)
        m_parts.held->memory.remember_database(m_identity);
}

// Disk and database can work at the same time: what is staged goes to disk while the indexes are read.
void cycle::begin_sync() {
    if (!m_batch.profiles.empty())
        stage_publishing_mark();
    m_profiles_durable = std::async(std::launch::async, [this] { m_batch.make_durable(*m_parts.held); });
}

// Everything that is staged is put into place in the order that keeps every reader right.
void cycle::put_in_place() {
    if (!m_profiles_durable.valid())
        begin_sync();
    enter(phase::sync);
    sync_profiles();
    enter(phase::publish); // the last moment to stop: from here on it is finished
    m_parts.database.finish_soon();
    auto& held = *m_parts.held;
    publishing_lock const lock{held.files, publishing_lock::kind::exclusive, m_stop, held.waiting};
    m_parts.database.require_lock(); // after all waiting
    held.now = held_tree::condition::published;
    announce_publication();
    stopwatch const timing{m_report.phases, phase::publish};
    m_batch.put_in_place(held);
    held.publish.publish(m_documents);
    held.publish.publish({*m_metadata_file});
    m_report.files_written += m_batch.profiles.size() + m_documents.size() + 1;
    m_report.published = true;
    m_parts.last_publication = {m_report.generation, m_report.mode, m_report.files_written, removal_count()};
    remove_profiles();
    announce(m_batch);
    announce_removals();
}

void cycle::sync_profiles() {
    stopwatch const timing{m_report.phases, phase::sync};
    m_profiles_durable.get();
    finish_marking(); // while rows are being marked, every name in the tree is on disk
    if (has_more_than_metadata() && m_live && !m_marked_publishing) {
        stage_publishing_mark();
        m_parts.held->stage.make_durable({*m_batch.mark});
    }
    remember_database();
    m_parts.held->memory.remember_columns(m_catalog.schema_hash(), m_catalog.column_lines(),
                                            m_live ? m_live->data_schema_hash : "");
    if (m_new_version)
        versions().write(*m_new_version);
}

// Then all that is to be put into place is on disk, and readers know that it will be.
void cycle::announce_publication() {
    stopwatch const timing{m_report.phases, phase::sync};
    auto files = m_documents;
    files.push_back(*m_metadata_file);
    if (m_batch.mark)
        m_parts.held->publish.announce(*m_batch.mark, files);
    else
        m_parts.held->stage.make_durable(files);
}

void cycle::remove_profiles() {
    std::vector<std::string> paths;
    for (auto& w : m_work) {
        for (auto const id : w.removals)
            paths.push_back(w.layout.of(id));
        w.report.removed = w.removals.size();
    }
    m_report.files_removed = paths.size();
    m_parts.held->publish.remove(std::move(paths));
}

void cycle::announce(profile_batch const& batch) const {
    if (!m_parts.observer.entity)
        return;
    for (auto const& p : batch.profiles)
        m_parts.observer.entity({p.of->d->name, p.of->d->singular, p.id, p.name, false});
}

void cycle::announce_removals() const {
    if (!m_parts.observer.entity)
        return;
    for (auto const& w : m_work)
        for (auto const id : w.removals)
            m_parts.observer.entity({w.d->name, w.d->singular, id, "", true});
}

void cycle::publish() {
    if (!m_metadata_file)
        return m_batch.discard_directories();
    for (auto& w : m_work)
        if (w.index) {
            m_report.bytes_written += w.index->size;
            w.report.index_written = true;
            m_documents.push_back(*w.index);
        }
    put_in_place();
}

void cycle::mark() {
    if (m_parts.observer.entering)
        m_parts.observer.entering(phase::mark);
    finish_marking();
    watch_marks();
    stopwatch const timing{m_report.phases, phase::mark};
    for (auto& w : m_work) {
        mark_rows(w);
        flag_refused(w);
    }
    std::vector<std::int64_t> served;
    for (auto& w : m_work)
        served.insert(served.end(), w.log_lines.begin(), w.log_lines.end());
    if (m_report.mode == cycle_mode::full)
        served.insert(served.end(), m_full_requests.begin(), m_full_requests.end());
    if (!served.empty())
        m_parts.database.writer().query("forget served lines of json_export_log", m_parts.statements.forget_log(),
                                        {array_text(served)});
    record_generation();
}

// Somebody may hold that row: it is not waited for. Until it can be written, this process knows better.
void cycle::record_generation() {
    if (!m_catalog.has_table("json_export_state") || m_state_generation == m_report.generation)
        return;
    auto& writer = m_parts.database.writer();
    auto const generation = std::to_string(m_report.generation);
    auto const said = writer.query("update json_export_state", m_parts.statements.publish_state(), {generation});
    m_parts.unrecorded.reset();
    if (said.affected() > 0)
        return;
    if (m_state_generation) {
        warn("json_export_state is held by somebody: the generation is recorded later");
        m_parts.unrecorded = m_identity;
        return;
    }
    try {
        writer.query("make the row of json_export_state", m_parts.statements.insert_state(), {generation});
    } catch (database_error const& e) {
        if (e.sqlstate() != "42501")
            throw;
        m_parts.state_cannot_be_made = true;
        warn(std::string{e.what()} + ": run install.sql again");
    }
}

// Before rows are marked whose triggers may change them.
void cycle::watch_marks() {
    bool const needed = std::ranges::any_of(m_work, [](auto const& w) {
        return w.check == mark_check::reshaped && !w.to_mark.empty();
    });
    if (!needed || m_parts.marks_watched)
        return;
    m_parts.held->memory.begin_marking();
    m_parts.marks_watched = true;
}

// Marks are most of what is left to do after a full export, and rows do not meet: the sessions share them.
void cycle::mark_rows(dataset_work& w) {
    if (w.to_mark.empty())
        return;
    std::ranges::sort(w.to_mark, {}, &work_row::key);
    auto const done = mark_exported(m_parts.database, m_parts.statements, *w.d, w.to_mark, w.check);
    w.report.marked += done.marked;
    w.report.mark_conflicts += w.to_mark.size() - std::min(w.to_mark.size(), done.marked);
    take_reshaped(*w.d, done.reshaped);
    w.to_mark.clear();
}

// What is published is the row as it was before it was marked: it has to be rendered again. It is marked by now, so that
// this ends.
void cycle::take_reshaped(dataset const& d, std::vector<row_name> const& rows) {
    if (rows.empty())
        return;
    m_report.marks_changed_rows = true;
    for (auto* const again : {&m_look_again[d.name], &m_parts.look_again[d.name]}) // also when this cycle fails
        for (auto const& row : rows)
            again->insert(row.key);
    std::string names;
    for (auto const& name : m_catalog.reads().update_triggers(d.table))
        names += (names.empty() ? "" : ", ") + name;
    warn(d.table + ": marking changed " + std::to_string(rows.size()) + " rows, because of the trigger " + names +
         "; they are exported again");
}

// A full export may refuse a row that was not pending. It is now, because its content is not in the tree.
void cycle::flag_refused(dataset_work& w) {
    for (auto const& [row, version] : flag_pending(m_parts.database, m_parts.statements, *w.d, w.to_flag))
        m_parts.refused.raise_version(w.d->name, row, version);
    w.to_flag.clear();
}

void cycle::remember() {
    auto const& memory = m_parts.held->memory;
    bool const full = m_report.mode == cycle_mode::full;
    if (full && m_sources != m_catalog.reads().facts())
        memory.remember_sources(m_catalog.reads().facts().text());
    if (full)
        memory.remember_full(
            std::chrono::duration_cast<std::chrono::seconds>(m_report.started.time_since_epoch()).count());
    if (!m_report.marks_changed_rows && memory.marking_may_change_rows()) {
        memory.end_marking();
        m_parts.marks_watched = false;
    }
    if (m_counts.worth_remembering())
        memory.remember_counts(m_counts.text());
    auto const refused = m_parts.refused.text();
    if (!memory.remembers_quarantine(refused))
        memory.remember_quarantine(refused);
    if (full)
        m_parts.tree_replaced = false;
    for (auto& w : m_work)
        remember_index(w);
    remember_refused_indexes();
    m_parts.known_catalog = m_catalog;
    m_parts.digests = m_digests;
    m_parts.look_again = std::exchange(m_look_again, {});
}

} // namespace notes_export
