#pragma once

#include "notes_export/config.hpp"
#include "notes_export/cycle.hpp"
#include "notes_export/report.hpp"
#include "notes_export/status.hpp"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export {

/**
 * Keeps one published tree equal to the datamart tables of one database.
 *
 * Opening   makes the root if missing, takes the lock of the tree, loads the schemas, removes what a crash left.
 *           Needs no database. Throws lock_held, schema_error, std::system_error.
 * Format    what export_config::datasets and documents say.
 * Thread    one call at a time, of any function; any thread. Two objects for one tree or database exclude each other.
 */
class exporter {
public:
    explicit exporter(export_config config, cycle_observer observer = {});
    ~exporter();
    exporter(exporter&&) noexcept;
    exporter& operator=(exporter&&) noexcept;

    /**
     * One cycle: publish every change that is committed now.
     *
     * Safety  at least once, idempotent: whatever fails or dies, the tree stays readable and rows that are not durably
     *         published stay pending; running again completes it.
     * Throws  database_error, std::system_error, lock_held (database lock), validation_error (strict), cancelled.
     */
    cycle_report run(cycle_request const& request, std::stop_token const& stop = {});

    /// The newest of this object, also of a run() that failed after it; nothing before the first.
    std::optional<publication> last_publication() const;

    /// Take over what may change between cycles: batch_size, index_max_size, validation, schema_dir and what is in it,
    /// metadata_heartbeat, full_interval, runs_retention, read_wait, feed. All else stays as it was at the beginning.
    /// Throws schema_error, and changes nothing then.
    void reconfigure(export_config const& config);

    /// Write the report to <schema>.json_export_runs, and delete rows older than runs_retention, but never the newest
    /// nor the last success; false when there is no such table of the datamart's owner. `error` is "" for success.
    /// Takes the lock of the database where a failure gave it back. Throws what run() throws but for files:
    /// database_error, lock_held, cancelled (by the last run's stop_token).
    bool record(cycle_report const& report, std::string const& error, std::string const& program_version);

    /// The last runs of <schema>.json_export_runs, newest first; none when that table does not exist, or before the
    /// first run() that ended well. Throws as record() does.
    std::vector<run_status> recent_runs(int at_most);

    /// Rows in quarantine after the last cycle.
    std::vector<quarantined_row> quarantined(std::size_t at_most) const;

private:
    struct impl;
    std::unique_ptr<impl> m_impl;
};

} // namespace notes_export
