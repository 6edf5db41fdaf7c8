#include "cycle/dataset_progress.hpp"

#include <algorithm>

namespace notes_export {

std::size_t dataset_progress::total(situation const& seen) const {
    if (plan->reaches.touched)
        return change.published;
    return seen.live ? seen.live->total(plan->set->name) : 0;
}

std::vector<std::pair<std::string, std::uint64_t>> totals_of(std::list<dataset_progress> const& datasets,
                                                             situation const& seen) {
    std::vector<std::pair<std::string, std::uint64_t>> totals;
    for (auto const& d : datasets)
        totals.emplace_back(d.plan->set->name, d.total(seen));
    return totals;
}

std::vector<std::string> removals_of(std::list<dataset_progress> const& datasets) {
    std::vector<std::string> paths;
    for (auto const& d : datasets) {
        for (auto const id : d.change.removals)
            paths.push_back(d.plan->layout.of(id));
        auto const& shards = d.change.index.shards;
        paths.insert(paths.end(), shards.removals.begin(), shards.removals.end());
        paths.insert(paths.end(), shards.not_wanted.begin(), shards.not_wanted.end());
    }
    return paths;
}

void tell_removals(cycle_context const& c, std::list<dataset_progress> const& datasets) {
    auto const& observer = c.parts.observer;
    if (!observer.entity)
        return;
    for (auto const& d : datasets)
        for (auto const id : d.change.removals)
            observer.entity({d.plan->set->name, d.plan->set->singular, id, "", true});
}

dataset_report report_of(dataset_progress const& d, marking::counts const& marks, std::size_t total) {
    dataset_report r;
    r.name = d.plan->set->name;
    r.rows_read = d.plan->rows_read;
    r.exported = d.rendered.exported;
    r.unchanged = d.rendered.unchanged;
    r.removed = d.change.removals.size();
    r.marked = marks.marked;
    r.mark_conflicts = marks.conflicts;
    auto const waiting = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(d.plan->pending) + d.rendered.pending);
    r.pending = waiting - std::min(waiting, marks.marked);
    r.duplicates = static_cast<std::size_t>(
        std::ranges::count(d.plan->rows.without_profile, work_row::role::superseded, &work_row::what));
    r.published = d.change.published;
    r.total = total;
    r.left_out = d.change.index.left_out;
    r.shrink_refused = d.change.shrink_refused;
    r.shrink_of = d.change.shrink_of;
    r.index_written = d.change.index.file.has_value();
    r.index_merged = d.change.index.merged;
    r.index_refused = d.change.index_refused;
    r.shards_written = d.change.index.shards.files.size();
    r.shards_removed = d.change.index.shards.removals.size() + d.change.index.shards.not_wanted.size();
    return r;
}

} // namespace notes_export
