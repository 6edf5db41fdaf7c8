#pragma once

#include "notes_export/config.hpp"
#include "notes_export/mirrors.hpp"
#include "notes_export/report.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace notes_export {

/// One row of <schema>.json_export_runs.
struct run_status {
    std::string finished_at; ///< UTC, RFC 3339
    std::string mode, result, reason, error;
    std::int64_t exported = 0, files_written = 0, files_removed = 0, quarantined = 0;
    std::int64_t bytes_written = 0;
    double duration_ms = 0;
};

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
    std::vector<index_size> refused_indexes;          ///< too large, so the old ones stay
    std::vector<refused_document> unusable_documents; ///< files of one row that readers cannot use
    std::optional<noted_exporter> other;              ///< another program exports the same data, seen within a day
    mirror_views mirrors;
    std::string shrink_allowed_until; ///< UTC, RFC 3339: until then one may pass the guard; "" is not allowed
    std::string tree_problem;         ///< why the tree could not be read; then what is of it above is not known
    std::string database_problem;     ///< why the database could not be asked; then what is of it above is not known
};

/**
 * Reads tree and database; changes nothing, takes no lock. What cannot be read is told in tree_problem and
 * database_problem, and the rest is still there. No statement takes longer than a minute, or config.statement_timeout.
 *
 * Throws  nothing of files or the database, a password_source's std::runtime_error included.
 * Thread  any, also beside a running exporter.
 */
status_report read_status(export_config const& config);
/// The same of the tree alone: no session is opened. Throws nothing of files. Thread: any.
status_report read_tree_status(export_config const& config);

} // namespace notes_export
