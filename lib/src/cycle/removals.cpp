#include "cycle/removals.hpp"

#include "cycle/stopwatch.hpp"
#include "pg/cursor.hpp"

#include <algorithm>

namespace notes_export {

namespace {

std::vector<std::int64_t> all_ids(cycle_context const& c, situation const& seen, dataset_plan const& plan) {
    if (c.full()) // it has seen every row
        return plan.rows.ids;
    std::vector<std::int64_t> ids;
    pg::for_each_row(*seen.reader, "list ids of " + plan.set->table, c.parts.statements.ids(*plan.set), {},
                     [&](pg::result const& r, int i) { ids.push_back(r.integer(i, 0)); });
    std::ranges::sort(ids);
    return ids;
}

} // namespace

listed_files list_files(cycle_context const& c, dataset_plan const& plan) {
    if (!plan.reaches.sweep || !plan.reaches.had_files)
        return {};
    return std::async(std::launch::async, [&] { return c.tree().files.profile_ids(plan.layout); });
}

std::vector<std::int64_t> files_without_row(std::vector<std::int64_t> const& files,
                                            std::vector<std::int64_t> const& ids) {
    std::vector<std::int64_t> without;
    for (auto const id : files)
        if (!std::ranges::binary_search(ids, id))
            without.push_back(id);
    return without;
}

std::vector<std::int64_t> find_removals(cycle_context& c, situation const& seen, dataset_plan const& plan,
                                        listed_files files) {
    auto removals = plan.reaches.gone;
    if (files.valid()) {
        stopwatch const timing{c.report.phases, phase::index};
        auto const ids = all_ids(c, seen, plan);
        removals = files_without_row(files.get(), ids);
    }
    std::erase_if(removals, [&](std::int64_t id) { return !c.tree().files.is_removable(plan.layout.of(id)); });
    return removals;
}

removal_window::change shrinking(std::size_t published_before, std::size_t published, std::size_t created,
                                 std::size_t removals) noexcept {
    auto const kept = published - std::min(created, published);
    return {std::max(published_before, kept + removals), published, removals};
}

void tell_verdict(cycle_context& c, dataset const& d, removal_window::verdict const& verdict, std::size_t before) {
    if (!verdict.refused) {
        if (verdict.let_pass > 0)
            c.warn("shrink guard: " + std::to_string(verdict.let_pass) + " of " + std::to_string(verdict.of) + ' ' +
                   d.name + " went within a day, which is allowed");
        return;
    }
    c.warn("shrink guard: " + std::to_string(verdict.going) + " of " + std::to_string(verdict.of) + ' ' + d.name +
           " are gone from the database" + (verdict.of > before ? " within a day" : "") +
           "; their files and the index stay as they are"
           " (if that is right, allow it once: osm-notes-exportd allow-shrink)");
}

} // namespace notes_export
