#include "source/work_list.hpp"

#include "pg/cursor.hpp"

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

} // namespace

std::vector<work_row> read_work_list(pg::connection& c, sql const& statements, dataset const& d, detection const& how) {
    std::vector<work_row> rows;
    auto add = [&rows](pg::result const& r, int i) {
        auto row = parse(r, i);
        if (row.what == work_row::role::profile && !rows.empty() && rows.back().id == row.id)
            row.what = work_row::role::superseded;
        rows.push_back(row);
    };
    auto const purpose = "list rows of " + d.table;
    if (how.full) {
        pg::for_each_row(c, purpose, statements.all_rows(d), {}, add);
    } else if (!how.triggers && how.since) {
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
