// The indexes of a cycle.
#include "cycle.hpp"

#include "index_entries.hpp"
#include "stopwatch.hpp"

#include <algorithm>

namespace notes_export {

void cycle::build_index(dataset_work& w) {
    if (!w.touched)
        return;
    stopwatch const timing{m_report.phases, phase::index};
    index_file index{m_parts.held->stage, m_parts.schemas.find(w.d->index_schema)};
    write_entries(w, index);
    w.report.left_out = index.left_out();
    if (index.left_out() > 0)
        warn(w.d->index_path + ": " + std::to_string(index.left_out()) + " entries left out, the first because of " +
             index.first_violation());
    auto staged = index.finish(w.d->index_path);
    auto const open = m_parts.held->stage.open(staged);
    if (m_parts.held->files.compare(w.d->index_path, open, m_parts.held->stage.full(staged.name)) ==
        tree::comparison::equal)
        m_parts.held->stage.discard(staged);
    else
        w.index = std::move(staged);
}

void cycle::write_entries(dataset_work& w, index_file& index) {
    index_exceptions exceptions{{}, m_parts.refused.ids(w.d->name)};
    auto const further =
        m_reader->query("find further rows of " + w.d->table, m_parts.statements.superseded_rows(*w.d));
    for (int i = 0; i < further.rows(); ++i)
        exceptions.superseded.insert(further.integer(i, 0));

    // An entry that fitted fits until its row changes; those that did not are checked again to be counted.
    bool const check_all = m_report.mode == cycle_mode::full || m_unfinished || !m_parts.left_out.contains(w.d->name);
    auto const left_out_before = std::exchange(m_parts.left_out[w.d->name], {});
    auto must_check = [&](index_entry const& entry) {
        return check_all || entry.kept || left_out_before.contains(entry.id) ||
               std::ranges::binary_search(w.rows, entry.id, {}, &work_row::id);
    };
    w.report.published = for_each_index_entry(*m_reader, m_parts.statements, m_catalog, *w.d, m_parts.held->files, exceptions,
                                              [&](index_entry const& entry) {
                                                  if (!index.add(entry.text, must_check(entry)))
                                                      m_parts.left_out[w.d->name].insert(entry.id);
                                              });
}

} // namespace notes_export
