#include "cycle/dataset_change.hpp"

#include "cycle/index_limit.hpp"
#include "cycle/make_index.hpp"
#include "cycle/removals.hpp"
#include "cycle/use_shrink_allowance.hpp"

#include <algorithm>
#include <utility>

namespace notes_export {

namespace {

void keep_old(cycle_context const& c, dataset const& d, dataset_change& change) {
    auto const& published = c.memory().indexes.published;
    auto const before = published.find(d.name);
    auto& shards = c.memory().indexes.shards;
    auto const state = shards.find(d.name);
    keep_old_index(c.tree().stage, change.index, before == published.end() ? nullptr : &before->second,
                   state == shards.end() ? nullptr : &state->second);
    if (!change.index.merged)
        shards.erase(d.name);
    change.removals.clear();
    change.log_lines.clear();
}

void guard_shrink(cycle_context& c, situation const& seen, dataset const& d, std::size_t created,
                  dataset_change& change, removal_window& counts) {
    auto const shrink =
        shrinking(seen.live ? seen.live->total(d.name) : 0, change.published, created, change.removals.size());
    auto const staying = change.published - std::min(created, change.published);
    auto verdict = counts.judge(d.name, shrink, c.now(), c.request.allow_shrink);
    if (verdict.refused && is_rest_of_shrink(c, seen, d, staying)) {
        verdict = counts.judge(d.name, shrink, c.now(), true);
    } else if (verdict.refused && use_shrink_allowance(c, seen)) {
        c.report.allowed_shrinks.push_back({d.name, verdict.going, verdict.of}); // and that is all there is to tell
        counts.judge(d.name, shrink, c.now(), true);
        return;
    }
    tell_verdict(c, d, verdict, shrink.before);
    if (!verdict.refused)
        return;
    change.shrink_refused = verdict.going;
    change.shrink_of = verdict.of;
    keep_old(c, d, change);
    change.published = shrink.before;
}

void guard_index_size(cycle_context& c, dataset const& d, dataset_change& change, std::vector<index_size>& refused) {
    auto const limit = c.config().index_max_size;
    auto const& file = change.index.file;
    auto const bytes = file ? file->size : static_cast<std::uint64_t>(change.index.known.stamp.size);
    bool const known = forget_refusal(refused, d.name, limit);
    index_size const size{d.name, d.index_path, bytes, limit};
    auto& large = c.memory().indexes.large;
    switch (judge_index(bytes, limit, file.has_value())) {
    case index_fit::too_large:
        change.index_refused = true;
        change.published += change.removals.size();
        keep_old(c, d, change);
        refused.push_back(size);
        if (!known || c.full())
            c.report.refused_indexes.push_back(size);
        break;
    case index_fit::large:
        if (large.insert(d.name).second || c.full())
            c.report.large_indexes.push_back(size);
        break;
    case index_fit::fits:
        large.erase(d.name);
        break;
    }
}

// How many removals a cycle of selected entities leaves for another one.
std::size_t leave_aside(dataset_plan const& plan, std::vector<std::int64_t>& removals) {
    return plan.selected ? std::erase_if(removals, [&](std::int64_t id) { return !plan.selected->contains(id); }) : 0;
}

} // namespace

dataset_change guard(cycle_context& c, situation const& seen, dataset_plan const& plan,
                     rendered_profiles const& rendered, made_index index, std::vector<std::int64_t> removals,
                     guards& known) {
    auto const published = index.known.profiles;
    auto const left_aside = leave_aside(plan, removals);
    dataset_change change{std::move(index), std::move(removals), plan.log_lines, published};
    guard_shrink(c, seen, *plan.set, rendered.created, change, known.counts);
    if (change.shrink_refused == 0)
        change.published += left_aside; // their files stay
    guard_index_size(c, *plan.set, change, known.refused_indexes);
    return change;
}

} // namespace notes_export
