#include "cycle/sorted_rows.hpp"

#include <algorithm>
#include <utility>

namespace notes_export {

row_exceptions exceptions_among(std::vector<work_row> const& rows) {
    row_exceptions found;
    for (auto const& row : rows)
        if (row.what == work_row::role::superseded)
            found.superseded.insert(row.name());
        else if (row.what == work_row::role::doubled)
            found.doubled.insert(row.id);
    return found;
}

sorted_rows sort_out(std::vector<work_row> rows, entity_path const& layout) {
    sorted_rows sorted;
    for (auto const& row : rows)
        switch (row.what) {
        case work_row::role::profile:
            sorted.ids.push_back(row.id);
            break;
        case work_row::role::keyless:
            sorted.keyless.push_back(row);
            sorted.ids.push_back(row.id);
            break;
        case work_row::role::doubled:
            if (row.pending)
                sorted.with_profile[row.id].push_back(row);
            break;
        case work_row::role::superseded:
        case work_row::role::unpublished:
            sorted.without_profile.push_back(row);
            break;
        }
    std::ranges::sort(sorted.ids);
    std::erase_if(rows, [](work_row const& row) { return row.what != work_row::role::profile; });
    sorted.profiles = std::move(rows); // most of them, and not to be held twice
    std::ranges::sort(sorted.profiles, {}, [&](work_row const& r) {
        return std::pair{layout.directory_number(r.id), r.id};
    });
    return sorted;
}

std::vector<std::int64_t> ids_without_row(std::set<std::int64_t> const& ids, std::vector<work_row> const& rows) {
    std::vector<std::int64_t> gone;
    for (auto const id : ids)
        if (!std::ranges::binary_search(rows, id, {}, &work_row::id))
            gone.push_back(id);
    return gone;
}

} // namespace notes_export
