#pragma once

#include "notes_export/config.hpp"
#include "notes_export/report.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

struct cycle_request {
    bool full = false;         ///< look at every row and every file, not only at what is flagged
    bool allow_shrink = false; ///< let removals pass that the shrink guard would refuse
};

/// One profile that was written or removed.
struct entity_event {
    std::string_view dataset;  ///< "users"
    std::string_view singular; ///< "user"
    std::int64_t id;
    std::string_view name; ///< hostile text: escape before showing
    bool removed;
};

/// Called on the thread that runs the cycle. An exception thrown from here ends the cycle before its next phase.
struct cycle_observer {
    std::function<void(phase)> entering;             ///< just before a phase begins
    std::function<void(entity_event const&)> entity; ///< just after a profile was published or removed
    /// How many rows of a dataset wait, without those in quarantine: known as soon as the database was looked at.
    std::function<void(std::string_view dataset, std::size_t pending)> found = {};
    /// Once for each publication that waits for a reader of the tree for some seconds: for whom. On any thread.
    std::function<void(std::string const& text)> waiting = {};
};

/// One row of <schema>.json_export_runs.
struct run_status {
    std::string finished_at; ///< UTC, RFC 3339
    std::string mode, result, reason, error;
    std::int64_t exported = 0, files_written = 0, files_removed = 0, quarantined = 0;
    std::int64_t bytes_written = 0;
    double duration_ms = 0;
};

/**
 * Keeps one published tree equal to the datamart tables of one database.
 *
 * Opening   makes the root if missing, takes the lock of the tree, loads the schemas, removes what a crash left. Needs
 * no database. Throws lock_held, schema_error, std::system_error. Format    OSM-Notes-Analytics JSON export: see
 * standard_datasets() and standard_documents(). Thread    one call at a time; any thread. Two objects for one tree or
 * one database exclude each other.
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
    cycle_report run(cycle_request const& request, std::stop_token stop = {});

    /// The newest of this object, also of a run() that failed after it; nothing before the first.
    std::optional<publication> last_publication() const;

    /// Take over what may change between cycles: batch_size, index_max_size, validation, schemas, intervals,
    /// runs_retention. Throws schema_error and changes nothing.
    void reconfigure(export_config const& config);

    /// Write the report to <schema>.json_export_runs, and delete rows older than runs_retention, but never the newest
    /// nor the last success; false when there is no such table of the datamart's owner. `error` is "" for success.
    bool record(cycle_report const& report, std::string const& error, std::string const& program_version);

    /// The last runs of <schema>.json_export_runs, newest first; none when that table does not exist.
    std::vector<run_status> recent_runs(int at_most);

    /// Rows in quarantine after the last cycle.
    std::vector<quarantined_row> quarantined(std::size_t at_most) const;

private:
    struct impl;
    std::unique_ptr<impl> m_impl;
};

/// A difference between tree and database.
struct drift {
    enum class kind { missing, differs, orphan, invalid };
    kind what;
    std::string path;
    bool pending; ///< the row is flagged: the next cycle mends it
};
std::string_view to_string(drift::kind) noexcept;

struct verify_report {
    std::size_t files_checked = 0;
    std::size_t differences = 0;
    std::size_t pending = 0;   ///< differences that the next cycle mends
    std::vector<drift> drifts; ///< the first 100
    std::vector<std::string> warnings; ///< the first 1000
    bool clean() const noexcept { return differences == 0; }
};

/**
 * Compare the whole tree with the database; change nothing.
 *
 * Safety  a running exporter may publish meanwhile, and waits for this for about a second at most: each file is compared
 *         with a state of the database that is as new as the file, and all files of a kind (an index, metadata.json)
 *         with one state of the tree.
 * Memory  some megabytes, however many rows there are; rows that do not fit are named in `warnings`.
 * Throws  database_error, schema_error, cancelled, std::system_error: also when something is published so often that
 *         there is no moment in between (EBUSY).
 */
verify_report verify(export_config const& config, std::stop_token stop = {});

/// What would keep an exporter with this configuration from starting: unusable schemas, an unusable directory. One line
/// each; needs no database and changes nothing.
std::vector<std::string> check(export_config const& config);
/// The same for schema_dir alone: empty means that reconfigure() takes it over.
std::vector<std::string> check_schemas(export_config const& config);

struct dataset_status {
    std::string name;
    std::int64_t rows = 0;    ///< rows with a published id
    std::int64_t pending = 0; ///< rows that wait to be exported, without those in quarantine
    std::int64_t quarantined = 0;
};

/// The newest success in <schema>.json_export_runs, which has only cycles that did something.
struct last_success {
    std::string finished_at;  ///< UTC, RFC 3339
    std::chrono::seconds age; ///< by the clock of the server
};

struct status_report {
    std::vector<dataset_status> datasets;
    std::vector<run_status> runs; ///< newest first, at most 10; empty without json_export_runs
    std::optional<last_success> success;
    bool installed = false;           ///< the triggers of install.sql are there
    std::vector<std::string> missing; ///< parts of install.sql that are not there
    std::string holder;               ///< who holds the tree now, "" is nobody
    std::string export_date;          ///< of metadata.json, "" when there is none
    std::uint64_t generation = 0;
    std::string version;
    std::vector<quarantined_row> quarantined;
    std::vector<index_size> refused_indexes; ///< too large, so the old ones stay
};

/// Reads tree and database; changes nothing. Throws database_error, std::system_error.
status_report read_status(export_config const& config);

} // namespace notes_export
