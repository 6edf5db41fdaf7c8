#pragma once

#include "cycle/profile_inspection.hpp"
#include "cycle/profile_job.hpp"
#include "cycle/profile_outcome.hpp"
#include "cycle/waiting_rows.hpp"
#include "document/row_json.hpp"
#include "notes_export/report.hpp"
#include "pg/connection.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace notes_export {

/**
 * Reads the documents of some rows with one query, renders them and has them inspected.
 *
 * Memory: one document. Thread: the owner's; one reading and reader for each.
 */
class profile_reading {
public:
    /// What reading and rendering took is added to `times`.
    profile_reading(profile_job const& job, pg::connection& reader, profile_inspection& inspection, phase_times& times);

    /// Appends an outcome for each of the rows. Behind a savepoint: what is thrown, and for which rows there are
    /// outcomes then, is the caller's to undo. Throws database_error, std::bad_alloc, file_error.
    void read(std::span<work_row const> rows, std::vector<profile_outcome>& outcomes);

    /// Of documents, since the last call.
    std::size_t take_bytes_read() noexcept { return std::exchange(m_bytes_read, 0); }

private:
    void stream(std::string const& what, std::span<work_row const> rows,
                std::function<void(pg::result const&)> const& take);
    profile_document render(pg::result const& row);
    profile_outcome inspect(work_row const& row, profile_document document);
    void choose(work_row const& row, std::vector<profile_outcome>& outcomes);

    profile_job const* m_job;
    pg::connection* m_reader;
    profile_inspection* m_inspection;
    phase_times* m_times;
    row_json m_document;
    std::string m_bytes;
    std::size_t m_bytes_read = 0;
};

} // namespace notes_export
