#pragma once

#include "cycle/profile_inspection.hpp"
#include "cycle/profile_job.hpp"
#include "cycle/profile_outcome.hpp"
#include "cycle/profile_reading.hpp"
#include "cycle/row_queue.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/**
 * Makes the outcomes of one chunk of rows after the other, whatever single rows are like: one that the server cannot
 * give, or that does not fit into memory, is refused, and the others go on.
 *
 * Thread: the owner's.
 */
class profile_worker {
public:
    /// Job and reader outlive it.
    profile_worker(profile_job const& job, pg::connection& reader);
    profile_worker(profile_worker const&) = delete;
    profile_worker& operator=(profile_worker const&) = delete;

    /// Throws too_little_memory when the session has ended because of these rows; `oversized` knows of them then.
    void process(std::span<work_row const> chunk);
    /// For the next chunk.
    std::size_t chunk_rows() const noexcept { return m_chunk_rows; }

    std::vector<profile_outcome> outcomes;
    phase_times times;

private:
    void read(std::span<work_row const> rows);
    void read_parts(std::span<work_row const> rows, std::size_t begin, std::string_view why);
    void refuse(work_row const& row, std::string why);
    void discard(std::size_t begin);

    profile_job const* m_job;
    pg::connection* m_reader;
    profile_inspection m_inspection;
    profile_reading m_reading;
    std::size_t m_chunk_rows = row_queue::fewest_rows;
};

} // namespace notes_export
