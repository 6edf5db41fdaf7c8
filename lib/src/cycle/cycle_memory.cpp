#include "cycle/cycle_memory.hpp"

#include "source/sql.hpp"

#include <new>

namespace notes_export {

void cycle_memory::look_again_at(std::vector<quarantined_row> const& rows) {
    for (auto const& row : rows)
        if (row.key != no_key)
            look_again[row.dataset].insert(row.key);
}

void cycle_memory::forget() noexcept {
    try {
        look_again_at(refused.rows());
    } catch (std::bad_alloc const&) {
        look_again.clear(); // a full export looks at them
    }
    refused = {};
    refused_documents.clear();
    marks_watched = false;
    without_twins = false;
    indexes.forget();
}

void index_memory::forget() noexcept {
    published.clear();
    shards.clear();
    noted.reset();
}

} // namespace notes_export
