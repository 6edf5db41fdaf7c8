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
    f.twins_changed = seen.twins.changed();
    f.indexes_changed = seen.indexes.changed();
    f.changed_source = seen.columns.reads().facts().difference_to(seen.sources);
    f.generation_problem = seen.live ? generation_problem(state_of(c, seen), seen.live->generation) : "";
    f.unfinished = seen.unfinished();
    f.other_history = f.unfinished && notes.database() != seen.identity;
    f.marks_in_doubt = !c.memory().marks_watched && notes.marking_may_change_rows();
    f.unwatched_change = unwatched_change(seen.digests, c.memory().digests);
    f.due = full_is_due(c.now(), notes.last_full(), c.config().full_interval);
    return f;
}

namespace {

// What else there is to do may wait. What makes flags and indexes uncertain may not.
mode_facts leaving_aside(mode_facts facts) {
    facts.requested = false;
    facts.due = false;
    if (facts.requested_in_database == full_request_reason)
        facts.requested_in_database.clear();
    return facts;
}

mode_choice choose_for(cycle_context const& c, situation const& seen) {
    auto const facts = facts_about(c, seen);
    if (!c.request.only)
        return choose_mode(facts);
    auto choice = choose_mode(leaving_aside(facts));
    if (choice.mode == cycle_mode::full)
        throw request_refused{
            "single entities cannot be exported before the full export that is owed: " + choice.reason +
            (choice.reason == facts.unwatched_change ? " (run install.sql: its triggers tell what else has changed)"
                                                     : " (run: osm-notes-exportd once --full)")};
    choice.reason = "selected entities";
    return choice;
}

// A tree of somebody else that was never compared is one that is taken over.
other_exporter traces_of_another(cycle_context const& c, situation const& seen) {
    return {seen.log.marked_by_others, seen.log.marked_by,
            tree_state_of(c, seen) == mode_facts::tree_state::foreign && c.tree().notes.last_full() > 0};
}

} // namespace

detection detect(cycle_context& c, std::vector<index_size> const& refused_indexes) {
    c.enter(phase::detect);
    stopwatch const timing{c.report.phases, phase::detect};
    detection found{look_around(c), {}};
    c.report.other = traces_of_another(c, found.seen);
    auto choice = choose_for(c, found.seen);
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
