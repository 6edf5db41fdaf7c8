// The last part of a cycle: staged files become the tree, the tree becomes flags.
#include "cycle.hpp"

#include "document/format_version.hpp"
#include "source/marks.hpp"
#include "stopwatch.hpp"

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
    next.export_timestamp = std::max<std::int64_t>(now, m_live ? m_live->export_timestamp : 0); // never back
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
                      m_live->generation > 0 && m_state_generation <= m_live->generation;
    bool const heartbeat = m_live && now - m_live->export_timestamp >= m_parts.config.metadata_heartbeat.count() &&
                           m_parts.config.metadata_heartbeat.count() > 0;
    bool const files = !m_batch.profiles.empty() || !m_documents.empty() || removal_count() > 0 || m_unfinished ||
                       std::ranges::any_of(m_work, [](auto const& w) { return w.index.has_value(); });
    if (same && !files && !heartbeat)
        return;
    next.generation = std::max(next.generation, m_state_generation) + 1;
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

// Disk and database can work at the same time: what is staged goes to disk while the indexes are read.
void cycle::begin_sync() {
    m_profiles_durable = std::async(std::launch::async, [this] { m_batch.make_durable(*m_parts.held); });
}

// Everything that is staged is put into place in the order that keeps every reader right.
void cycle::put_in_place() {
    if (!m_profiles_durable.valid())
        begin_sync();
    enter(phase::sync);
    sync();
    enter(phase::publish); // the last moment to stop: from here on it is finished
    m_parts.database.set_stop({});
    stopwatch const timing{m_report.phases, phase::publish};
    auto& held = *m_parts.held;
    publishing_lock const lock{held.files, publishing_lock::kind::exclusive, m_stop, held.waiting};
    m_parts.database.require_lock(); // after all waiting
    held.now = held_tree::condition::published;
    m_batch.put_in_place(held);
    held.publish.publish(m_documents);
    held.publish.publish({*m_metadata_file});
    m_report.files_written += m_batch.profiles.size() + m_documents.size() + 1;
    m_report.published = true;
    remove_profiles();
    announce(m_batch);
    announce_removals();
}

void cycle::sync() {
    stopwatch const timing{m_report.phases, phase::sync};
    m_profiles_durable.get();
    finish_marking(); // while rows are being marked, every name in the tree is on disk
    auto files = m_documents;
    files.push_back(*m_metadata_file);
    m_parts.held->stage.make_durable(files);
    m_parts.held->memory.remember_columns(m_catalog.schema_hash(), m_catalog.column_lines());
    if (m_new_version)
        versions().write(*m_new_version);
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
    stopwatch const timing{m_report.phases, phase::mark};
    for (auto& w : m_work) {
        mark_rows(w);
        flag_refused(w);
    }
    auto& writer = m_parts.database.writer();
    for (auto& w : m_work)
        if (!w.log_seqs.empty())
            writer.query("forget served removals", m_parts.statements.forget_removals(), {array_text(w.log_seqs)});
    bool const served = m_report.mode == cycle_mode::full && !m_full_request.empty();
    if (m_catalog.has_table("json_export_state") &&
        (m_report.published || served || m_state_generation != m_report.generation))
        writer.query("update json_export_state", m_parts.statements.publish_state(),
                     {std::to_string(m_report.generation), served ? std::optional{m_full_request} : std::nullopt});
}

// Marks are most of what is left to do after a full export, and rows do not meet: the sessions share them.
void cycle::mark_rows(dataset_work& w) {
    if (w.to_mark.empty())
        return;
    std::ranges::sort(w.to_mark, {}, &work_row::key);
    auto const marked = mark_exported(m_parts.database, m_parts.statements, *w.d, w.to_mark);
    w.report.marked += marked;
    w.report.mark_conflicts += w.to_mark.size() - marked;
    w.to_mark.clear();
}

// A full export may refuse a row that was not pending. It is now, because its content is not in the tree.
void cycle::flag_refused(dataset_work& w) {
    for (auto const& [key, version] : flag_pending(m_parts.database, m_parts.statements, *w.d, w.to_flag))
        m_parts.refused.raise_version(w.d->name, key, version);
    w.to_flag.clear();
}

void cycle::remember() {
    auto const& memory = m_parts.held->memory;
    if (m_unfinished)
        memory.end_unfinished();
    if (m_report.mode == cycle_mode::full && memory.sources() != m_catalog.sources())
        memory.remember_sources(m_catalog.sources());
    if (m_report.mode == cycle_mode::full)
        memory.remember_full(
            std::chrono::duration_cast<std::chrono::seconds>(m_report.started.time_since_epoch()).count());
    auto const refused = m_parts.refused.text();
    if (!memory.remembers_quarantine(refused))
        memory.remember_quarantine(refused);
    if (m_report.mode == cycle_mode::full)
        m_parts.tree_replaced = false;
    for (auto& w : m_work)
        remember_index(w);
    remember_refused_indexes();
    m_parts.known_catalog = m_catalog;
    m_parts.previous_snapshot = m_snapshot.empty() ? std::nullopt : std::optional{m_snapshot};
    for (auto const& w : m_work)
        if (w.id_count >= 0)
            m_parts.previous_ids[w.d->name] = w.id_count;
}

} // namespace notes_export
