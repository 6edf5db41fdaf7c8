#include "source/work_list.hpp"

#include "pg/cursor.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace notes_export {

namespace {

work_row parse(pg::result const& r, int i) {
    work_row row;
    row.key = r.integer(i, 0);
    row.id = r.null(i, 1) ? 0 : r.integer(i, 1);
    row.version = static_cast<std::uint32_t>(r.integer(i, 2));
    row.pending = r.boolean(i, 3);
    if (row.id < 1)
        row.what = work_row::role::unpublished;
    return row;
}

// Sorted here and without a look at the dimension table: hardly an id is repeated, and the server takes several times
// as long to sort and join what it has to read anyway.
std::vector<work_row> all_rows(pg::connection& c, sql const& statements, dataset const& d, std::string_view purpose) {
    std::vector<work_row> rows;
    pg::for_each_row(c, purpose, statements.all_rows(d), {},
                     [&](pg::result const& r, int i) { rows.push_back(parse(r, i)); });
    std::ranges::sort(rows, {}, [](work_row const& row) { return std::pair{row.id, row.key}; });
    std::set<std::int64_t> repeated;
    for (std::size_t i = 1; i < rows.size(); ++i)
        if (rows[i].what == work_row::role::profile && rows[i].id == rows[i - 1].id)
            repeated.insert(rows[i].id);
    if (repeated.empty())
        return rows;
    std::set<std::int64_t> superseded;
    auto const further = c.query(purpose, statements.superseded_rows(d), {array_text(repeated)});
    for (int i = 0; i < further.rows(); ++i)
        superseded.insert(further.integer(i, 0));
    for (auto& row : rows)
        if (superseded.contains(row.key))
            row.what = work_row::role::superseded;
    return rows;
}

} // namespace

std::vector<work_row> read_work_list(pg::connection& c, sql const& statements, dataset const& d, detection const& how) {
    auto const purpose = "list rows of " + d.table;
    if (how.full)
        return all_rows(c, statements, d, purpose);
    std::vector<work_row> rows;
    auto add = [&rows](pg::result const& r, int i) {
        auto row = parse(r, i);
        if (row.what == work_row::role::profile && !rows.empty() && rows.back().id == row.id)
            row.what = work_row::role::superseded;
        rows.push_back(row);
    };
    if (!how.triggers && how.since) {
        pg::for_each_row(c, purpose, statements.pending_rows(d, true), {how.since}, add);
    } else {
        c.query(purpose, sql::prefer_indexes(true));
        if (c.prepared(purpose, statements.has_pending_rows(d), {}).boolean(0, 0))
            pg::for_each_row(c, purpose, statements.pending_rows(d, false), {}, add);
        c.query(purpose, sql::prefer_indexes(false));
    }
    return rows;
}

} // namespace notes_export
