#include "cycle/profile_worker.hpp"

#include "cycle/quarantine.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace notes_export {

namespace {

// Rows per query: many, as each costs the server about as much as ten rows, and few enough to hold some megabytes of
// documents of whatever size.
constexpr std::size_t most_chunk_rows = 512;
constexpr std::size_t chunk_bytes = 1'500'000;

constexpr char const* no_memory = "not enough memory for the row";

} // namespace

profile_worker::profile_worker(profile_job const& job, pg::connection& reader)
    : m_job{&job}, m_reader{&reader}, m_inspection{job, times}, m_reading{job, reader, m_inspection, times} {}

void profile_worker::process(std::span<work_row const> chunk) {
    std::vector<work_row> together;
    std::vector<work_row> alone;
    for (auto const& row : chunk)
        switch (m_job->around.oversized->of(m_job->set.name, row)) {
        case oversized_rows::advice::any:
            together.push_back(row);
            break;
        case oversized_rows::advice::alone:
            alone.push_back(row);
            break;
        case oversized_rows::advice::never:
            refuse(row, no_memory);
        }
    if (!together.empty())
        read(together);
    for (auto const& row : alone)
        read({&row, 1});
    m_chunk_rows =
        std::clamp(chunk_bytes * chunk.size() / (m_reading.take_bytes_read() + 1), std::size_t{1}, most_chunk_rows);
}

// A row that the server cannot give, or that does not fit into memory, ends the whole answer: the others are read
// without it.
void profile_worker::read(std::span<work_row const> rows) {
    auto const begin = outcomes.size();
    try {
        m_reading.read(rows, outcomes);
    } catch (database_error const& e) {
        if (pg::is_for_want_of_memory(e)) {
            m_job->around.oversized->failed(m_job->set.name, rows);
            throw too_little_memory{e};
        }
        if (!pg::is_of_a_row(e))
            throw;
        read_parts(rows, begin, e.what());
    } catch (std::bad_alloc const&) {
        read_parts(rows, begin, no_memory);
    }
}

void profile_worker::read_parts(std::span<work_row const> rows, std::size_t begin, std::string_view why) {
    m_reader->back_to_savepoint();
    discard(begin);
    if (rows.size() == 1)
        return refuse(rows.front(), std::string{why});
    read(rows.first(rows.size() / 2));
    read(rows.subspan(rows.size() / 2));
}

void profile_worker::refuse(work_row const& row, std::string why) {
    outcomes.push_back(m_inspection.refuse(row, unreadable_keyword, std::move(why)));
}

void profile_worker::discard(std::size_t begin) {
    for (auto i = begin; i < outcomes.size(); ++i)
        m_inspection.discard(outcomes[i]);
    outcomes.resize(begin);
}

} // namespace notes_export
