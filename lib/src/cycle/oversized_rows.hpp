#pragma once

#include "notes_export/error.hpp"
#include "source/work_list.hpp"

#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>

namespace notes_export {

/// libpq could not hold what was asked for; the cycle begins again, and then less is asked for at once.
class too_little_memory : public database_error {
public:
    explicit too_little_memory(database_error const& e) : database_error{e} {}
};

/**
 * Rows that this process has no memory for. libpq gives the session up when it cannot hold a row, and the snapshot goes
 * with it, so that the cycle has to begin again: the rows of the question that failed are asked for one by one then,
 * and the one that fails by itself is not asked for any more, until it is another version.
 *
 * Thread: any.
 */
class oversized_rows {
public:
    /// A question for these rows ended the session.
    void failed(std::string const& dataset, std::span<work_row const> rows) {
        std::scoped_lock const lock{m_mutex};
        for (auto const& row : rows)
            m_rows[{dataset, row.name()}] = {row.version, rows.size() == 1};
    }
    enum class advice {
        any,   ///< with others
        alone, ///< one of some that failed together
        never  ///< it fails
    };
    advice of(std::string const& dataset, work_row const& row) const {
        std::scoped_lock const lock{m_mutex};
        auto const found = m_rows.find({dataset, row.name()});
        if (found == m_rows.end() || found->second.version != row.version)
            return advice::any;
        return found->second.certain ? advice::never : advice::alone;
    }

private:
    struct suspicion {
        std::uint32_t version = 0;
        bool certain = false;
    };
    mutable std::mutex m_mutex;
    std::map<std::pair<std::string, row_name>, suspicion> m_rows; ///< by dataset
};

} // namespace notes_export
