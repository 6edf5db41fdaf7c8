#include "notes_export/exporter.hpp"

#include "check/used_directories.hpp"
#include "cycle/cycle.hpp"
#include "cycle/exporter_parts.hpp"
#include "cycle/run_statistics.hpp"
#include "document/schema_files.hpp"

namespace notes_export {

struct exporter::impl : exporter_parts {
    using exporter_parts::exporter_parts;

    // A symbolic link at the root is the operator's choice when it is there from the beginning. One that takes the
    // place of a directory later leads somewhere else, and nothing is written there.
    static tree::root_link accepted_link(std::filesystem::path const& directory) {
        std::error_code unknown; // what cannot be looked at cannot be opened either
        return std::filesystem::is_symlink(directory, unknown) ? tree::root_link::followed : tree::root_link::refused;
    }

    // The directory may have been renamed, removed or mounted over since the last cycle.
    void hold_tree() {
        if (held && held->in_place()) {
            if (held->now != held_tree::condition::tidy)
                held->tidy_up();
            return held->require_directories();
        }
        memory.tree_replaced = memory.tree_replaced || held_before;
        feed.reset();
        held.reset();
        held.emplace(config.directory, link, used_directories(config));
        held->waiting = observer.waiting;
        feed.emplace(*held, config);
        held_before = true;
    }

    tree::root_link const link = accepted_link(config.directory);
    bool held_before = false;

    cycle_report run_cycle(cycle_request const& request, std::stop_token const& stop);

    // Half a cycle leaves nothing behind: sessions roll back, staged files go. What it already published stays, and
    // its rows stay pending or are marked.
    void abandon() noexcept {
        database.reset();
        memory.forget();
        try {
            // Of a publication that was cut short, what is left tells tidy_up() so.
            if (held && held->now != held_tree::condition::published)
                held->stage.clear();
        } catch (std::system_error const&) {
            feed.reset();
            held.reset(); // opening it again clears it, or reports why that is not possible
        }
    }
};

exporter::exporter(export_config config, cycle_observer observer) {
    // With a slash at its end the system would follow a link all the same.
    if (!config.directory.has_filename())
        config.directory = config.directory.parent_path();
    m_impl = std::make_unique<impl>(std::move(config), std::move(observer));
    m_impl->hold_tree(); // first: who waits for it asks again and again, and the proof of the schemas is dear
    m_impl->schemas = schema_set::load(schema_files(m_impl->config));
    m_impl->memory.look_again_at(
        quarantine::parse(m_impl->held->files.read(journal::quarantine_path, quarantine::longest_text).value_or("[]")));
}

exporter::~exporter() = default;
exporter::exporter(exporter&&) noexcept = default;
exporter& exporter::operator=(exporter&&) noexcept = default;

// A row that does not fit into memory ends the session, and with it the snapshot. Each time less is asked for. What a
// standby fails at, the primary may do at once. Whatever else fails is for the caller, who knows when to try again.
cycle_report exporter::impl::run_cycle(cycle_request const& request, std::stop_token const& stop) {
    for (;;) {
        try {
            hold_tree();
            return cycle{*this, request, stop}.run();
        } catch (too_little_memory const&) {
            abandon();
            if (stop.stop_requested())
                throw;
        } catch (database_error const& e) {
            bool const again = database.standby_failed(e);
            abandon();
            if (!again)
                throw;
        } catch (...) {
            abandon();
            throw;
        }
    }
}

cycle_report exporter::run(cycle_request const& request, std::stop_token const& stop) {
    auto report = m_impl->run_cycle(request, stop);
    if (report.marks_changed_rows) { // what they changed is not published yet
        report.add(m_impl->run_cycle({.only = request.only}, stop));
        if (report.published)
            m_impl->last_publication = {report.generation, report.mode, report.files_written, report.files_removed,
                                        m_impl->feed->newest_list()};
    }
    return report;
}

void exporter::reconfigure(export_config const& config) {
    auto schemas = schema_set::load(schema_files(config));
    m_impl->schemas = std::move(schemas);
    m_impl->memory.indexes.forget(); // their entries may not fit these schemas
    auto& ours = m_impl->config;
    ours.batch_size = config.batch_size;
    ours.index_max_size = config.index_max_size;
    ours.validation = config.validation;
    ours.schema_dir = config.schema_dir;
    ours.metadata_heartbeat = config.metadata_heartbeat;
    ours.full_interval = config.full_interval;
    ours.runs_retention = config.runs_retention;
    ours.read_wait = config.read_wait;
    ours.feed = config.feed;
}

bool exporter::record(cycle_report const& report, std::string const& error, std::string const& program_version) {
    if (!record_run(m_impl->database, m_impl->statements, report, error, program_version))
        return false;
    if (m_impl->config.runs_retention.count() > 0)
        forget_old_runs(m_impl->database, m_impl->statements, report, m_impl->config.runs_retention);
    return true;
}

std::vector<run_status> exporter::recent_runs(int at_most) {
    auto const columns = m_impl->memory.columns.columns_of_table("json_export_runs");
    if (columns.empty())
        return {};
    return notes_export::recent_runs(m_impl->database.writer(), m_impl->statements, columns, at_most);
}

std::optional<publication> exporter::last_publication() const {
    return m_impl->last_publication;
}

std::vector<quarantined_row> exporter::quarantined(std::size_t at_most) const {
    return m_impl->memory.refused.rows(at_most);
}

} // namespace notes_export
