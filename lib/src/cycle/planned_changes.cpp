#include "cycle/planned_changes.hpp"

namespace notes_export {

void tell_planned(cycle_context& c, publication_end const* end) {
    if (end == nullptr)
        return;
    auto const& planned = c.parts.observer.planned;
    if (planned) {
        for (auto const& f : end->files)
            planned(f.target, false);
        planned(end->metadata.target, false);
        for (auto const& path : end->removals)
            planned(path, true);
    }
    c.report.files_written += end->files.size() + 1;
    c.report.files_removed = end->removals.size();
}

} // namespace notes_export
