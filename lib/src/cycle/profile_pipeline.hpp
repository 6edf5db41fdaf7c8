#pragma once

#include "cycle/profile_batch.hpp"
#include "cycle/profile_job.hpp"
#include "cycle/profile_outcome.hpp"
#include "document/document_query.hpp"
#include "notes_export/report.hpp"
#include "source/work_list.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace notes_export {

/**
 * Reads, renders, compares, checks and stages the profiles of many rows, on several threads that share one snapshot.
 *
 * Memory: one row per thread, plus one small outcome per row.
 */
class profile_pipeline {
public:
    profile_pipeline(profile_surroundings around, dataset const& d);

    /// Outcomes in no order. Throws what the first failing thread threw; cancelled when asked to stop.
    std::vector<profile_outcome> run(std::span<work_row const> rows, profile_batch const& batch);
    /// The same without new directories.
    std::vector<profile_outcome> run(std::span<work_row const> rows) { return run(rows, profile_batch{}); }

    phase_times const& times() const noexcept { return m_times; }

private:
    int open_readers(std::size_t rows) const;

    profile_surroundings m_around;
    dataset const* m_dataset;
    entity_path m_layout;
    document_query m_query;
    phase_times m_times;
    std::size_t m_rows = 0; ///< of all calls so far
};

} // namespace notes_export
