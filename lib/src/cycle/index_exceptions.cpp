#include "cycle/index_exceptions.hpp"

#include "pg/cursor.hpp"

#include <optional>
#include <vector>

namespace notes_export {

namespace {

std::vector<std::int64_t> repeated_ids(cycle_context const& c, situation const& seen, dataset const& d) {
    std::vector<std::int64_t> ids;
    pg::for_each_row(*seen.reader, "find repeated ids of " + d.table, c.parts.statements.repeated_ids(d), {},
                     [&](pg::result const& r, int i) { ids.push_back(r.integer(i, 0)); });
    return ids;
}

// Rows of one id stand together, the one to publish first.
void add_further_rows(pg::result const& rows, index_exceptions& found) {
    std::optional<row_name> best;
    for (int i = 0; i < rows.rows(); ++i) {
        row_name const row{rows.null(i, 0) ? no_key : rows.integer(i, 0), rows.integer(i, 1)};
        if (!best || best->id != row.id)
            best = row;
        else if (*best == row)
            found.doubled.insert(row.id); // or the dimension table has its key twice, which does not matter here
        else
            found.superseded.insert(row);
    }
}

} // namespace

index_exceptions find_exceptions(cycle_context const& c, situation const& seen, dataset_plan const& plan,
                                 std::set<row_name> const& refused) {
    auto const& d = *plan.set;
    index_exceptions found{plan.exceptions.superseded, refused, plan.exceptions.doubled,
                           c.memory().refused.unreadable(d.name)};
    if (c.full()) // it has seen every row
        return found;
    if (auto const ids = repeated_ids(c, seen, d); !ids.empty())
        add_further_rows(
            seen.reader->query("find further rows of " + d.table, c.parts.statements.rows_of_ids(d), {array_text(ids)}),
            found);
    return found;
}

} // namespace notes_export
