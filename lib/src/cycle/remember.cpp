#include "cycle/remember.hpp"

#include "cycle/use_shrink_allowance.hpp"
#include "index/refused_indexes.hpp"

namespace notes_export {

namespace {

// What each file of the tree was made of, all of which were looked at.
void remember_full_export(cycle_context const& c, situation const& seen) {
    auto const& notes = c.tree().notes;
    auto const& facts = seen.columns.reads().facts();
    if (seen.sources != facts)
        notes.remember_sources(facts.text());
    notes.remember_full(c.now());
    if (seen.twins.changed())
        notes.remember_twins(noted_twins(seen.twins.make.kinds));
    if (seen.indexes.changed())
        notes.remember_indexes(seen.indexes.make.text());
}

} // namespace

void remember_in_tree(cycle_context const& c, situation const& seen, guards const& known) {
    auto const& notes = c.tree().notes;
    if (c.full())
        remember_full_export(c, seen);
    using removed = noted_files::removed;
    auto const files = seen.files.after_publication(seen.clears_former ? removed::everything
                                                    : c.full()         ? removed::switched_off
                                                                       : removed::nothing,
                                                    c.report.generation);
    if ((c.report.published || seen.clears_former) && notes.files() != files)
        notes.remember_files(files);
    if (!c.report.marks_changed_rows && notes.marking_may_change_rows()) {
        notes.end_marking();
        c.memory().marks_watched = false;
    }
    if (known.counts.worth_remembering())
        notes.remember_counts(known.counts.text());
    forget_spent_shrink_file(c);
    if (c.report.other.seen())
        notes.remember_other_exporter(noted_exporter::parse(notes.other_exporter().value_or(""))
                                          .value_or(noted_exporter{})
                                          .with(c.report.other, c.now())
                                          .text());
    auto const refused = c.memory().refused.text();
    if (!notes.remembers_quarantine(refused))
        notes.remember_quarantine(refused);
    auto const indexes = refused_indexes_text(known.refused_indexes);
    if (c.tree().files.read(journal::refused_indexes_path).value_or(refused_indexes_text({})) != indexes)
        notes.remember_refused_indexes(indexes);
}

void remember_in_process(cycle_context const& c, situation const& seen, marking const& marks) {
    auto& memory = c.memory();
    if (c.full())
        memory.tree_replaced = false;
    memory.columns = seen.columns;
    if (!c.request.only) {
        memory.digests = seen.digests;
        memory.look_again.clear();
    }
    for (auto const& [dataset, keys] : marks.look_again())
        memory.look_again[dataset].insert(keys.begin(), keys.end());
}

} // namespace notes_export
