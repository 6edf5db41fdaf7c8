#include "cycle/tree_publication.hpp"

#include "cycle/stopwatch.hpp"
#include "feed/published_paths.hpp"
#include "publish/version_file.hpp"

#include <utility>

namespace notes_export {

void tree_publication::expect(entity_path const& layout, std::span<work_row const> coming) {
    m_batch.expect(m_context->tree(), layout, coming);
}

void tree_publication::flush() {
    finish_batch();
    m_marks->expect(m_batch.rows);
    m_context->stop_if_asked();
    if (m_batch.has_files()) {
        remember_database();
        remember_twins();
        remember_files();
        stage_mark();
        m_begun = true;
        m_context->tree().now = held_tree::condition::published;
    }
    auto& parts = m_context->parts;
    m_flushing = std::async(std::launch::async, publish_batch, std::exchange(m_batch, {}), std::move(m_marking),
                            std::cref(m_context->tree()), std::ref(*parts.feed), std::ref(parts.database),
                            std::cref(parts.statements), m_context->stop);
}

void tree_publication::finish_batch() {
    if (!m_flushing.valid())
        return;
    auto done = m_flushing.get();
    m_marking = std::move(done.marking);
    auto& report = m_context->report;
    report.phases.add(done.phases);
    report.files_written += done.batch.profiles.size() + done.batch.twins.size();
    report.published = report.published || done.batch.has_files();
    m_marks->count(done.earlier);
    tell(done.batch);
}

void tree_publication::begin_sync() {
    if (m_batch.has_files())
        stage_mark();
    m_durable = std::async(std::launch::async, [this] { m_batch.make_durable(m_context->tree()); });
}

void tree_publication::finish(publication_end const* end) {
    if (end == nullptr)
        return m_batch.discard_directories();
    if (!m_durable.valid())
        begin_sync();
    m_context->enter(phase::sync);
    sync(*end);
    m_context->enter(phase::publish); // the last moment to stop: from here on it is finished
    put_in_place(*end);
    tell(m_batch);
}

rows_to_mark tree_publication::take_rows() {
    finish_marking();
    return std::exchange(m_batch.rows, {});
}

// Readers who need one state of the whole tree look for this before and after. A tree without metadata.json promises
// nothing yet.
void tree_publication::stage_mark() {
    if (!m_seen->live || m_mark_staged)
        return;
    m_mark_staged = true;
    auto mark = *m_seen->live;
    mark.publishing = m_seen->next_generation();
    m_batch.mark = m_context->tree().stage.write(mark.text(), std::string{metadata::path});
}

void tree_publication::sync(publication_end const& end) {
    stopwatch const timing{m_context->report.phases, phase::sync};
    m_durable.get();
    finish_marking(); // while rows are being marked, every name in the tree is on disk
    auto& held = m_context->tree();
    bool const more_than_metadata = m_batch.has_files() || !end.files.empty() || !end.removals.empty();
    if (more_than_metadata && m_seen->live && !m_mark_staged) {
        stage_mark();
        held.stage.make_durable({*m_batch.mark});
    }
    remember_database();
    remember_twins();
    remember_files();
    remember_indexes();
    held.notes.remember_columns(m_seen->columns.schema_hash(), m_seen->columns.column_lines(),
                                m_seen->live ? m_seen->live->data_schema_hash : "");
    bool const edited = m_seen->live && end.says.version != m_seen->live->version; // by whoever it belongs to
    if (end.new_version || edited)
        m_context->parts.feed->look_later(m_context->config().version_file.native());
    if (end.new_version)
        version_file{held.files, held.stage, m_context->config().version_file}.write(*end.new_version);
}

void tree_publication::put_in_place(publication_end const& end) {
    auto& held = m_context->tree();
    auto& parts = m_context->parts;
    auto& report = m_context->report;
    parts.database.finish_soon();
    publishing_lock const lock{held.files, publishing_lock::kind::exclusive, m_context->stop, held.waiting};
    parts.database.require_lock(); // after all waiting
    held.now = held_tree::condition::published;
    begin_feed(end);
    announce(end);
    stopwatch const timing{report.phases, phase::publish};
    m_batch.put_in_place(held);
    auto const list = parts.feed->list();
    auto files = end.files;
    files.insert(files.end(), list.begin(), list.end());
    held.publish.publish(std::move(files));
    held.publish.publish({end.metadata});
    report.files_written += m_batch.profiles.size() + m_batch.twins.size() + end.files.size() + 1;
    report.files_removed = end.removals.size();
    report.published = true;
    parts.last_publication = {report.generation, report.mode, report.files_written, report.files_removed, {}};
    remove(end.removals);
    parts.feed->finish();
    parts.last_publication->changes = parts.feed->newest_list();
}

// No index names what has gone.
void tree_publication::remove(std::vector<std::string> paths) const {
    auto const indexes = published_paths{m_context->config()}.put_indexes_first(paths);
    auto const profiles = paths.begin() + static_cast<std::ptrdiff_t>(indexes);
    auto const& publish = m_context->tree().publish;
    publish.remove({paths.begin(), profiles});
    publish.remove({profiles, paths.end()});
}

// What is about to be put into place or removed is named on disk before.
void tree_publication::begin_feed(publication_end const& end) const {
    // A full export leaves none but those that are wanted, see remember().
    auto const twins = m_context->full() ? m_seen->twins.make.kinds : m_seen->twins.ours();
    m_context->parts.feed->begin_end({m_batch.files(), end.files, end.metadata, end.removals, end.says, twins});
}

// Then all that is to be put into place is on disk, and readers know that it will be.
void tree_publication::announce(publication_end const& end) const {
    stopwatch const timing{m_context->report.phases, phase::sync};
    auto files = end.files;
    files.push_back(end.metadata);
    m_context->tree().publish.announce(m_batch.mark, files, m_context->parts.feed->owed_to_disk());
}

void tree_publication::finish_marking() {
    if (!m_marking.valid())
        return;
    m_marks->count(m_marking.get());
    m_context->parts.database.close_marker();
}

// Before anything of it is published.
void tree_publication::remember_database() const {
    auto const& notes = m_context->tree().notes;
    if (!m_seen->identity.empty() && notes.database() != m_seen->identity)
        notes.remember_database(m_seen->identity);
}

// Before the first of another kind is put beside a file: from then on they are ours to remove.
void tree_publication::remember_twins() const {
    auto const& notes = m_context->tree().notes;
    auto const all = noted_twins(m_seen->twins.ours());
    if (m_seen->twins.changed() && notes.twins() != all)
        notes.remember_twins(all);
}

// Before the first file of a new dataset is in the tree: from then on they are ours to remove.
void tree_publication::remember_files() const {
    auto const& notes = m_context->tree().notes;
    if (auto const text = m_seen->files.before_publication(); notes.files() != text)
        notes.remember_files(text);
}

// The same of shards, which are published at the end.
void tree_publication::remember_indexes() const {
    auto const& plan = m_seen->indexes;
    if (plan.changed())
        m_context->tree().notes.remember_indexes(plan.recorded.on_the_way_to(plan.make).text());
}

void tree_publication::tell(profile_batch const& published) const {
    auto const& observer = m_context->parts.observer;
    if (!observer.entity)
        return;
    for (auto const& p : published.profiles)
        observer.entity({p.of->set->name, p.of->set->singular, p.id, p.name, false});
}

} // namespace notes_export
