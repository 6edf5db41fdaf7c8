#include "cycle/detect.hpp"

#include "cycle/index_limit.hpp"
#include "cycle/stopwatch.hpp"

#include <algorithm>

namespace notes_export {

namespace {

mode_facts::tree_state tree_state_of(cycle_context const& c, situation const& seen) {
    if (!seen.live)
        return c.tree().files.exists(metadata::path) ? mode_facts::tree_state::damaged
                                                     : mode_facts::tree_state::missing;
    return seen.live->generation == 0 ? mode_facts::tree_state::foreign : mode_facts::tree_state::ours;
}

recorded_state state_of(cycle_context const& c, situation const& seen) {
    auto const& unwritten = c.memory().state;
    return {seen.columns.has_table("json_export_state"), seen.recorded, unwritten.cannot_be_made,
            unwritten.database && *unwritten.database == seen.identity};
}

} // namespace

mode_facts facts_about(cycle_context const& c, situation const& seen) {
    mode_facts f;
    auto const& notes = c.tree().notes;
    f.requested = c.request.full;
    f.requested_in_database = seen.log.full_request;
    f.tree_replaced = c.memory().tree_replaced;
    f.tree = tree_state_of(c, seen);
    f.columns_changed = seen.live && seen.live->data_schema_hash != seen.columns.schema_hash();
    f.changed_source = seen.columns.reads().facts().difference_to(seen.sources);
    f.generation_problem = seen.live ? generation_problem(state_of(c, seen), seen.live->generation) : "";
    f.unfinished = seen.unfinished();
    f.other_history = f.unfinished && notes.database() != seen.identity;
    f.marks_in_doubt = !c.memory().marks_watched && notes.marking_may_change_rows();
    f.unwatched_change = unwatched_change(seen.digests, c.memory().digests);
    f.due = full_is_due(c.now(), notes.last_full(), c.config().full_interval);
    return f;
}

detection detect(cycle_context& c, std::vector<index_size> const& refused_indexes) {
    c.enter(phase::detect);
    stopwatch const timing{c.report.phases, phase::detect};
    detection found{look_around(c), {}};
    auto choice = choose_mode(facts_about(c, found.seen));
    c.report.mode = choice.mode;
    c.report.reason = std::move(choice.reason);
    for (auto const& d : c.config().datasets)
        found.plans.push_back(
            plan_dataset(c, found.seen, d, index_is_owed(refused_indexes, d.name, c.config().index_max_size)));
    if (found.idle() && !c.full())
        c.report.reason = "nothing pending";
    if (c.parts.observer.found)
        for (auto const& plan : found.plans)
            c.parts.observer.found(plan.set->name, plan.pending);
    return found;
}

bool detection::idle() const {
    return std::ranges::none_of(plans, [](auto const& plan) { return plan.reaches.touched; });
}

} // namespace notes_export
