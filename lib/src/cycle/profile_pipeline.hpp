#pragma once

#include "schema/set.hpp"
#include "notes_export/report.hpp"
#include "cycle/oversized_rows.hpp"
#include "cycle/profile_batch.hpp"
#include "publish/staging.hpp"
#include "source/catalog.hpp"
#include "document/document_query.hpp"
#include "source/sessions.hpp"
#include "source/work_list.hpp"

#include <span>
#include <stop_token>
#include <vector>

namespace notes_export {

/// What became of one row's document.
struct profile_outcome {
    enum class kind : std::uint8_t {
        equal,   ///< the live file has these bytes
        staged,  ///< new or different, valid, written to staging
        refused, ///< new or different, and invalid
        drifted  ///< comparing only: new or different, and valid
    };
    work_row row;
    kind what = kind::equal;
    std::size_t documents = 1; ///< that the source gives for this row: more when a key of a table is not unique
    bool had_file = false; ///< a live file exists
    staged_file file;      ///< staged only
    std::string name;      ///< of the entity; "" for equal ones
    violation why;         ///< refused only
};

/**
 * Reads, renders, compares, checks and stages the profiles of many rows, on several threads that share one snapshot.
 *
 * Memory: one row per thread, plus one small outcome per row.
 */
class profile_pipeline {
public:
    struct context {
        sessions& database;
        sql const& statements;
        catalog const& columns;
        tree const& files;
        staging* stage; ///< nullptr: only compare
        schema_set const& schemas;
        int workers;
        std::stop_token stop;
        oversized_rows* oversized; ///< remembers what ends a session
    };
    profile_pipeline(context c, dataset const& d);

    /// Outcomes in no order. Throws what the first failing thread threw; cancelled when asked to stop.
    std::vector<profile_outcome> run(std::span<work_row const> rows, profile_batch const& batch);
    /// The same without new directories.
    std::vector<profile_outcome> run(std::span<work_row const> rows) { return run(rows, profile_batch{}); }

    phase_times const& times() const noexcept { return m_times; }

private:
    struct worker;
    int most_workers() const;
    void run_workers(std::span<work_row const> rows, std::vector<worker>& workers);

    context m_context;
    dataset const* m_dataset;
    entity_path m_layout;
    document_query m_query;
    profile_batch const* m_batch = nullptr; ///< of the run under way
    phase_times m_times;
};

} // namespace notes_export
