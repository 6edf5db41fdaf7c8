#include "source/work_list.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

namespace notes_export {

namespace {

using role = work_row::role;

work_row parse(pg::result const& r, int i) {
    work_row row;
    row.key = r.null(i, 0) ? no_key : r.integer(i, 0);
    row.id = r.null(i, 1) ? 0 : r.integer(i, 1);
    row.version = static_cast<std::uint32_t>(r.integer(i, 2));
    row.pending = r.boolean(i, 3);
    if (row.id < 1)
        row.what = role::unpublished;
    return row;
}

// `best` is the key of the row that is published; the first row that has it is the profile's.
void give_roles(std::span<work_row> rows_of_one_id, std::int64_t best) {
    bool taken = false;
    for (auto& row : rows_of_one_id) {
        if (row.key != best)
            row.what = role::superseded;
        else if (best == no_key)
            row.what = role::keyless;
        else
            row.what = std::exchange(taken, true) ? role::doubled : role::profile;
    }
}

template <class Do>
void for_each_id(std::vector<work_row>& rows, Do const& look) {
    for (auto begin = rows.begin(); begin != rows.end();) {
        auto const end = std::find_if(begin, rows.end(), [&](auto const& row) { return row.id != begin->id; });
        if (begin->id >= 1)
            look(std::span{begin, end});
        begin = end;
    }
}

// Of ids that have several rows: the key of the one that is published.
std::map<std::int64_t, std::int64_t> best_keys(pg::connection& c, sql const& statements, dataset const& d,
                                               std::string_view purpose, std::set<std::int64_t> const& ids) {
    std::map<std::int64_t, std::int64_t> best;
    auto const rows = c.query(purpose, statements.rows_of_ids(d), {array_text(ids)});
    for (int i = 0; i < rows.rows(); ++i)
        best.try_emplace(rows.integer(i, 1), rows.null(i, 0) ? no_key : rows.integer(i, 0));
    return best;
}

std::vector<doubled_key> doubled_keys(std::vector<work_row> const& rows) {
    std::vector<std::int64_t> keys;
    for (auto const& row : rows)
        if (row.key != no_key)
            keys.push_back(row.key);
    std::ranges::sort(keys);
    std::vector<doubled_key> doubled;
    for (auto at = keys.begin(); at != keys.end();) {
        auto const next = std::upper_bound(at, keys.end(), *at);
        if (next - at > 1)
            doubled.push_back({*at, static_cast<std::size_t>(next - at)});
        at = next;
    }
    return doubled;
}

// Of rows that are sorted by id: hardly an id is repeated, so that the dimension table is asked for those alone.
void find_roles(pg::connection& c, sql const& statements, dataset const& d, std::string_view purpose,
                std::vector<work_row>& rows) {
    std::set<std::int64_t> repeated;
    for_each_id(rows, [&](std::span<work_row> of_id) {
        if (of_id.size() > 1)
            repeated.insert(of_id.front().id);
    });
    auto const best =
        repeated.empty() ? std::map<std::int64_t, std::int64_t>{} : best_keys(c, statements, d, purpose, repeated);
    for_each_id(rows, [&](std::span<work_row> of_id) {
        auto const found = best.find(of_id.front().id);
        give_roles(of_id, found == best.end() ? of_id.front().key : found->second);
    });
}

// Nothing can be done with such a row, and its id is published from another one, or not at all.
void leave_out_keyless(std::vector<work_row>& rows) {
    std::erase_if(rows, [](auto const& row) { return row.key == no_key && row.what != role::keyless; });
}

work_list finish(std::vector<work_row> rows) {
    work_list list{{}, doubled_keys(rows), 0};
    list.keyless = static_cast<std::size_t>(std::ranges::count(rows, no_key, &work_row::key));
    leave_out_keyless(rows);
    list.rows = std::move(rows);
    return list;
}

} // namespace

// Sorted here and without a look at the dimension table: hardly an id is repeated, and the server takes several times
// as long to sort and join what it has to read anyway.
work_list read_all_rows(pg::connection& c, sql const& statements, dataset const& d, bool versions) {
    auto const purpose = "list rows of " + d.table;
    std::vector<work_row> rows;
    pg::for_each_row(c, purpose, statements.all_rows(d, versions), {},
                     [&](pg::result const& r, int i) { rows.push_back(parse(r, i)); });
    std::ranges::sort(rows, {}, [](work_row const& row) { return std::pair{row.id, row.key}; });
    find_roles(c, statements, d, purpose, rows);
    return finish(std::move(rows));
}

work_list read_rows_of_ids(pg::connection& c, sql const& statements, dataset const& d, bool versions,
                           std::vector<std::int64_t> const& ids) {
    auto const purpose = "list rows of some ids of " + d.table;
    std::vector<work_row> rows;
    auto const found = c.query(purpose, statements.all_rows_of_ids(d, versions), {array_text(ids)});
    for (int i = 0; i < found.rows(); ++i)
        rows.push_back(parse(found, i));
    find_roles(c, statements, d, purpose, rows);
    return finish(std::move(rows));
}

std::vector<std::int64_t> read_pending_ids(pg::connection& c, sql const& statements, dataset const& d,
                                           std::size_t at_most) {
    auto const purpose = "list pending ids of " + d.table;
    c.query(purpose, sql::prefer_indexes(true));
    auto const found = c.query(purpose, statements.some_pending_ids(d), {std::to_string(at_most)});
    c.query(purpose, sql::prefer_indexes(false));
    std::vector<std::int64_t> ids;
    for (int i = 0; i < found.rows(); ++i)
        ids.push_back(found.null(i, 0) ? 0 : found.integer(i, 0));
    return ids;
}

std::vector<doubled_key> read_repeated_keys(pg::connection& c, sql const& statements, dataset const& d, int at_most) {
    std::vector<doubled_key> keys;
    auto const found =
        c.query("look for repeated keys of " + d.table, statements.repeated_keys(d), {std::to_string(at_most)});
    for (int i = 0; i < found.rows(); ++i)
        keys.push_back({found.integer(i, 0), static_cast<std::size_t>(found.integer(i, 1))});
    return keys;
}

row_pages::row_pages(pg::connection& c, sql const& statements, dataset const& d, bool versions, file_place after)
    : m_connection{&c},
      m_sql{&statements},
      m_dataset{&d},
      m_cursor{c,
               "list rows of " + d.table,
               statements.rows_by_directory(d, versions),
               {std::to_string(after.directory), std::to_string(after.id)}} {}

row_pages::page row_pages::next(std::size_t about) {
    page p{std::exchange(m_begun, {}), false};
    auto begin_of_last = p.rows.end();
    do {
        auto const fetched = m_cursor.fetch(static_cast<int>(about));
        for (int i = 0; i < fetched.rows(); ++i)
            p.rows.push_back(parse(fetched, i));
        p.end = static_cast<std::size_t>(fetched.rows()) < about;
        begin_of_last = p.end ? p.rows.end() : std::ranges::find(p.rows, p.rows.back().id, &work_row::id);
    } while (!p.end && begin_of_last == p.rows.begin());
    m_begun.assign(begin_of_last, p.rows.end());
    p.rows.erase(begin_of_last, p.rows.end());
    find_roles(*m_connection, *m_sql, *m_dataset, "list rows of " + m_dataset->table, p.rows);
    leave_out_keyless(p.rows);
    return p;
}

// In steps, and not in one statement: what the server expects of a join is of no use for rows whose flags change all
// the time, and by it 50 rows of 10,000 were joined with both whole tables.
work_list read_pending_rows(pg::connection& c, sql const& statements, dataset const& d, further_rows const& also) {
    auto const purpose = "list rows of " + d.table;
    std::vector<work_row> rows;
    std::vector<std::int64_t> ids{also.ids.begin(), also.ids.end()};
    c.query(purpose, sql::prefer_indexes(true));
    if (c.prepared(purpose, statements.has_pending_rows(d), {}).boolean(0, 0))
        pg::for_each_row(c, purpose, statements.pending_rows(d), {}, [&](pg::result const& r, int i) {
            if (auto row = parse(r, i); row.id >= 1)
                ids.push_back(row.id);
            else
                rows.push_back(row);
        });
    if (!also.keys.empty())
        for (auto const& row : read_rows_of_keys(c, statements, d, {also.keys.begin(), also.keys.end()}))
            if (row.id >= 1)
                ids.push_back(row.id);
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (!ids.empty())
        pg::for_each_row(c, purpose, statements.all_rows_of_ids(d, true), {array_text(ids)},
                         [&](pg::result const& r, int i) { rows.push_back(parse(r, i)); });
    std::ranges::stable_sort(rows, {}, &work_row::id); // NULL counts as 0 here
    find_roles(c, statements, d, purpose, rows);
    c.query(purpose, sql::prefer_indexes(false));
    return finish(std::move(rows));
}

std::vector<work_row> read_rows_of_keys(pg::connection& c, sql const& statements, dataset const& d,
                                        std::vector<std::int64_t> const& keys) {
    std::vector<work_row> rows;
    auto const found = c.query("look for rows of " + d.table, statements.rows_of_keys(d), {array_text(keys)});
    for (int i = 0; i < found.rows(); ++i)
        rows.push_back(parse(found, i));
    return rows;
}

} // namespace notes_export
