#pragma once

#include "source/work_list.hpp"

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <span>

namespace notes_export {

/**
 * Rows that wait for one of several workers.
 *
 * Thread: any.
 */
class row_queue {
public:
    /// Fewer are given out at the very end only.
    static constexpr std::size_t fewest_rows = 32;

    row_queue(std::span<work_row const> rows, std::size_t workers) : m_rest{rows}, m_workers{workers} {}

    /// At most so many rows, less towards the end, so that the workers end together. Empty when nothing is left.
    std::span<work_row const> take(std::size_t most) {
        std::scoped_lock const lock{m_mutex};
        auto const fair = std::max(m_rest.size() / (2 * m_workers), fewest_rows);
        auto const rows = m_rest.first(std::min({most, fair, m_rest.size()}));
        m_rest = m_rest.subspan(rows.size());
        return rows;
    }
    void clear() {
        std::scoped_lock const lock{m_mutex};
        m_rest = {};
    }

private:
    std::mutex m_mutex;
    std::span<work_row const> m_rest;
    std::size_t m_workers;
};

} // namespace notes_export
