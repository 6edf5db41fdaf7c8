#pragma once

#include "source/work_list.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace notes_export {

/// Rows whose documents were asked for.
class waiting_rows {
public:
    struct waiting {
        static constexpr auto nothing = static_cast<std::size_t>(-1);

        work_row row;
        std::size_t outcome = nothing; ///< its number, once it is there
    };

    explicit waiting_rows(std::span<work_row const> rows);

    /// nullptr: the document is of none of these rows.
    waiting* find(row_name document);
    /// Those for which nothing came.
    template <class Function>
    void for_each_without_outcome(Function const& visit) const {
        for (auto const& [key, rows] : m_rows)
            for (auto const& w : rows)
                if (w.outcome == waiting::nothing)
                    visit(w.row);
    }

private:
    std::unordered_map<std::int64_t, std::vector<waiting>> m_rows; ///< by key
};

} // namespace notes_export
