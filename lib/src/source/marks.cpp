#include "source/marks.hpp"

#include <algorithm>
#include <future>

namespace notes_export {

namespace {

constexpr std::size_t rows_worth_sharing = 1000;

std::size_t mark(pg::connection& c, sql const& statements, dataset const& d, std::span<work_row const> rows) {
    std::vector<std::int64_t> keys;
    std::vector<std::uint32_t> versions;
    for (auto const& row : rows) {
        keys.push_back(row.key);
        versions.push_back(row.version);
    }
    return c.query("mark exported rows of " + d.table, statements.mark(d), {array_text(keys), array_text(versions)})
        .affected();
}

} // namespace

std::size_t mark_exported(sessions& database, sql const& statements, dataset const& d, std::span<work_row const> rows) {
    auto& writer = database.writer();
    auto* const helper = rows.size() < rows_worth_sharing ? nullptr : database.idle_reader();
    if (helper == nullptr)
        return mark(writer, statements, d, rows);
    auto const half = rows.size() / 2;
    auto other = std::async(std::launch::async, [&] { return mark(*helper, statements, d, rows.subspan(half)); });
    auto const marked = mark(writer, statements, d, rows.first(half));
    return marked + other.get();
}

} // namespace notes_export
