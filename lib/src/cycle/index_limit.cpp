// How large an index may become.
#include "cycle/cycle.hpp"

#include "index/refused_indexes.hpp"

#include <algorithm>

namespace notes_export {

// The index of an earlier cycle was too large, and is not too large any more, or not by the same limit: it is owed.
bool cycle::index_is_owed(dataset_work const& w) const {
    auto const refused = std::ranges::find(m_refused_indexes, w.d->name, &index_size::dataset);
    return refused != m_refused_indexes.end() && refused->limit != m_parts.config.index_max_size;
}

void cycle::guard_index_size(dataset_work& w) {
    if (!w.touched)
        return;
    auto const limit = m_parts.config.index_max_size;
    auto const bytes = w.index ? w.index->size : static_cast<std::uint64_t>(w.known_index.stamp.size);
    auto const earlier = std::ranges::find(m_refused_indexes, w.d->name, &index_size::dataset);
    bool const known = earlier != m_refused_indexes.end() && earlier->limit == limit;
    if (earlier != m_refused_indexes.end())
        m_refused_indexes.erase(earlier);
    index_size const size{w.d->name, w.d->index_path, bytes, limit};
    if (limit > 0 && bytes > limit && w.index) {
        refuse_index(w);
        m_refused_indexes.push_back(size);
        if (!known || m_report.mode == cycle_mode::full)
            m_report.refused_indexes.push_back(size);
    } else if (limit > 0 && bytes > limit / 2) {
        if (m_parts.large_indexes.insert(w.d->name).second || m_report.mode == cycle_mode::full)
            m_report.large_indexes.push_back(size);
    } else {
        m_parts.large_indexes.erase(w.d->name);
    }
}

// The old index stays, and everything that it names has to stay with it: profiles of removed entities wait, in the
// removal log or for the next full export, until an index without them is published. New and changed profiles are
// published all the same, and metadata.json counts what is in the tree.
void cycle::refuse_index(dataset_work& w) {
    w.report.index_refused = true;
    w.report.published += w.removals.size();
    w.removals.clear();
    w.log_lines.clear();
    keep_old_index(w);
}

void cycle::remember_refused_indexes() const {
    auto const& held = *m_parts.held;
    auto const text = refused_indexes_text(m_refused_indexes);
    if (held.files.read(journal::refused_indexes_path).value_or(refused_indexes_text({})) != text)
        held.memory.remember_refused_indexes(text);
}

} // namespace notes_export
