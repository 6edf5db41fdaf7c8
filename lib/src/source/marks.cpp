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
    for (auto const& row : rows) {
        keys.push_back(row.key);
        versions.push_back(row.version);
    }
    return c.query(purpose, statement, {array_text(keys), array_text(versions)});
}

} // namespace

std::size_t mark_exported(pg::connection& c, sql const& statements, dataset const& d, std::span<work_row const> rows) {
    return rows.empty() ? 0 : update(c, "mark exported rows of " + d.table, statements.mark(d), rows).affected();
}

std::size_t mark_exported(sessions& database, sql const& statements, dataset const& d, std::span<work_row const> rows) {
    auto& writer = database.writer();
    auto* const helper = rows.size() < rows_worth_sharing ? nullptr : database.idle_reader();
    if (helper == nullptr)
        return mark_exported(writer, statements, d, rows);
    auto const half = rows.size() / 2;
    auto other =
        std::async(std::launch::async, [&] { return mark_exported(*helper, statements, d, rows.subspan(half)); });
    auto const marked = mark_exported(writer, statements, d, rows.first(half));
    return marked + other.get();
}

std::vector<flagged_row> flag_pending(sessions& database, sql const& statements, dataset const& d,
                                      std::span<work_row const> rows) {
    std::vector<flagged_row> flagged;
    if (rows.empty())
        return flagged;
    auto const now = update(database.writer(), "flag refused rows of " + d.table, statements.flag(d), rows);
    for (int i = 0; i < now.rows(); ++i)
        flagged.push_back({now.integer(i, 0), static_cast<std::uint32_t>(now.integer(i, 1))});
    return flagged;
}

} // namespace notes_export
