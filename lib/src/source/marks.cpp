#include "source/marks.hpp"

#include <algorithm>
#include <future>

namespace notes_export {

namespace {

constexpr std::size_t rows_worth_sharing = 1000;

pg::result update(pg::connection& c, std::string_view purpose, std::string const& statement,
                  std::span<work_row const> rows) {
    std::vector<std::int64_t> keys;
    std::vector<std::uint32_t> versions;
    std::vector<std::int64_t> ids;
    for (auto const& row : rows) {
        keys.push_back(row.key);
        versions.push_back(row.version);
        ids.push_back(row.id);
    }
    return c.query(purpose, statement, {array_text(keys), array_text(versions), array_text(ids)});
}

row_name named(pg::result const& r, int i) {
    return {r.integer(i, 0), r.null(i, 1) ? 0 : r.integer(i, 1)};
}

} // namespace

marks mark_exported(pg::connection& c, sql const& statements, dataset const& d, std::span<work_row const> rows,
                    mark_check check) {
    marks done;
    if (rows.empty())
        return done;
    auto const purpose = "mark exported rows of " + d.table;
    if (check == mark_check::none) {
        done.marked = update(c, purpose, statements.mark(d), rows).affected();
        return done;
    }
    auto const compared = update(c, purpose, statements.mark_and_compare(d), rows);
    done.marked = static_cast<std::size_t>(compared.rows());
    for (int i = 0; i < compared.rows(); ++i)
        if (compared.boolean(i, 2))
            done.reshaped.push_back(named(compared, i));
    return done;
}

marks mark_exported(sessions& database, sql const& statements, dataset const& d, std::span<work_row const> rows,
                    mark_check check) {
    auto& writer = database.writer();
    auto* const helper = rows.size() < rows_worth_sharing ? nullptr : database.second_marker();
    if (helper == nullptr)
        return mark_exported(writer, statements, d, rows, check);
    auto const half = rows.size() / 2;
    auto other = std::async(std::launch::async,
                            [&] { return mark_exported(*helper, statements, d, rows.subspan(half), check); });
    auto done = mark_exported(writer, statements, d, rows.first(half), check);
    auto const rest = other.get();
    done.marked += rest.marked;
    done.reshaped.insert(done.reshaped.end(), rest.reshaped.begin(), rest.reshaped.end());
    return done;
}

std::vector<flagged_row> flag_pending(sessions& database, sql const& statements, dataset const& d,
                                      std::span<work_row const> rows) {
    std::vector<flagged_row> flagged;
    if (rows.empty())
        return flagged;
    auto const now = update(database.writer(), "flag quarantined rows of " + d.table, statements.flag(d), rows);
    for (int i = 0; i < now.rows(); ++i)
        flagged.push_back({named(now, i), static_cast<std::uint32_t>(now.integer(i, 2))});
    return flagged;
}

} // namespace notes_export
