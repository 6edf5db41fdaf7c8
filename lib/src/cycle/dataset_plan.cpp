#include "cycle/dataset_plan.hpp"

#include <algorithm>
#include <set>

namespace notes_export {

namespace {

// Rows to look at beside those that are pending: what the log tells, and what earlier cycles want to be looked at.
logged_changes further_changes(cycle_context const& c, situation const& seen, dataset const& d) {
    auto const found = seen.log.datasets.find(d.name);
    auto logged = found == seen.log.datasets.end() ? logged_changes{} : found->second;
    auto const& again = c.memory().look_again;
    if (auto const keys = again.find(d.name); keys != again.end())
        logged.rows.keys.insert(keys->second.begin(), keys->second.end());
    return logged;
}

// A key in several rows, or in none, is no fault of ours, and no reason to lose what is published.
void report_odd_keys(cycle_context& c, dataset const& d, work_list const& list) {
    if (!list.doubled.empty())
        c.warn(d.table + ": " + d.key_column + " = " + std::to_string(list.doubled.front().key) + " stands in " +
               std::to_string(list.doubled.front().rows) + " rows" +
               (list.doubled.size() > 1 ? ", and " + std::to_string(list.doubled.size() - 1) + " more keys are repeated"
                                        : "") +
               "; it should be unique. Each id keeps the content of a row of its own");
    if (list.keyless > 0)
        c.warn(d.table + ": " + d.key_column + " is NULL in " + std::to_string(list.keyless) + " rows" +
               (c.full() ? "" : " looked at") + "; they are left out, and files of their ids stay as they are");
}

bool is_known_refusal(quarantine const& refused, dataset const& d, work_row const& row) {
    return row.has_file() && refused.holds(d.name, row.name(), row.version);
}

std::vector<work_row> still_there(cycle_context const& c, situation const& seen, dataset_plan const& plan,
                                  std::set<row_name> const& wanted) {
    std::vector<std::int64_t> keys;
    keys.reserve(wanted.size());
    for (auto const& name : wanted)
        keys.push_back(name.key);
    std::vector<work_row> there;
    for (auto const& row : read_rows_of_keys(*seen.reader, c.parts.statements, *plan.set, keys))
        if (wanted.contains(row.name()) && !plan.exceptions.superseded.contains(row.name()))
            there.push_back(row);
    return there;
}

// A refusal ends when its row is published, gone, or no longer the one of its id; not when its flag is lost.
void forget_refusals_of_gone_rows(cycle_context& c, situation const& seen, dataset_plan& plan,
                                  std::vector<work_row> const& rows) {
    auto& refused = c.memory().refused;
    std::set<row_name> looked_at;
    for (auto const& row : rows)
        if (row.has_file())
            looked_at.insert(row.name());
    std::set<row_name> unseen;
    for (auto const& name : refused.names(plan.set->name))
        if (!looked_at.contains(name))
            unseen.insert(name);
    if (!unseen.empty() && !c.full())
        for (auto const& row : still_there(c, seen, plan, unseen)) {
            looked_at.insert(row.name());
            if (!row.pending) // its flag could not be cleared when it was refused
                plan.to_flag.push_back(row);
        }
    refused.keep_only(plan.set->name, looked_at);
}

// A refused row is tried again when its version changes, or in a full export.
void drop_known_refusals(quarantine const& refused, dataset_plan const& plan, further_rows const& logged,
                         std::vector<work_row>& rows) {
    std::erase_if(rows, [&](work_row const& row) {
        return !plan.exceptions.doubled.contains(row.id) && !logged.keys.contains(row.key) &&
               !logged.ids.contains(row.id) && is_known_refusal(refused, *plan.set, row);
    });
}

work_list read_rows(cycle_context const& c, situation const& seen, dataset const& d, further_rows const& logged) {
    return c.full() ? read_all_rows(*seen.reader, c.parts.statements, d, seen.columns.reads().has_versions(d.table))
                    : read_pending_rows(*seen.reader, c.parts.statements, d, logged);
}

// Before the rows are sorted out: they are in order of id.
reach how_far(cycle_context const& c, situation const& seen, dataset_plan const& plan, logged_changes const& logged,
              std::vector<work_row> const& rows) {
    reach r;
    r.sweep = logged.anything || c.full();
    r.had_files = !c.full() || c.tree().files.try_open_directory(plan.layout.top());
    r.touched = c.full() || seen.unfinished() || !logged.lines.empty();
    if (!r.sweep)
        r.gone = ids_without_row(logged.rows.ids, rows);
    return r;
}

void add_changed_ids(reach& r, further_rows const& logged, std::vector<work_row> const& rows) {
    for (auto const& row : rows)
        r.changed.push_back(row.id);
    r.changed.insert(r.changed.end(), logged.ids.begin(), logged.ids.end());
}

std::set<std::int64_t> selected_ids(cycle_context const& c, dataset const& d) {
    auto const found = c.request.only->find(d.name);
    return found == c.request.only->end() ? std::set<std::int64_t>{}
                                          : std::set<std::int64_t>{found->second.begin(), found->second.end()};
}

// A process that has just begun knows of earlier refusals by the tree alone. Those that are not looked at stay.
void recall_refusals(cycle_context& c, dataset_plan const& plan) {
    auto& refused = c.memory().refused;
    auto const known = refused.names(plan.set->name);
    for (auto& row :
         quarantine::parse(c.tree().files.read(journal::quarantine_path, quarantine::longest_text).value_or("[]")))
        if (row.dataset == plan.set->name && !plan.selected->contains(row.id) && !known.contains({row.key, row.id}))
            refused.add(std::move(row));
}

// What a cycle without restriction would look at as well.
void leave_aside(cycle_context const& c, dataset_plan& plan, logged_changes const& logged, work_list const& waiting) {
    auto const& selected = *plan.selected;
    auto const& refused = c.memory().refused;
    for (auto const& row : waiting.rows) {
        if (selected.contains(row.id))
            continue;
        if (row.has_file())
            plan.left_aside.insert(row.name());
        plan.pending += row.pending && !is_known_refusal(refused, *plan.set, row) ? 1 : 0;
    }
    for (auto const id : ids_without_row(logged.rows.ids, waiting.rows))
        if (!selected.contains(id))
            plan.reaches.gone.push_back(id);
}

// Whoever asked for it may have mistyped it.
void report_unknown(cycle_context& c, dataset_plan const& plan) {
    for (auto const id : plan.reaches.gone)
        if (!c.tree().files.exists(plan.layout.of(id)))
            c.warn(plan.set->name + ' ' + std::to_string(id) + " does not exist: there is no row with " +
                   plan.set->id_column + " = " + std::to_string(id) + " in " + plan.set->table + ", and no file");
}

// Removals that wait are found as well: their files count until they go.
void plan_selected(cycle_context& c, situation const& seen, logged_changes const& logged, dataset_plan& plan) {
    auto const& d = *plan.set;
    plan.selected = selected_ids(c, d);
    recall_refusals(c, plan);
    auto const& statements = c.parts.statements;
    auto list = read_rows_of_ids(*seen.reader, statements, d, seen.columns.reads().has_versions(d.table),
                                 {plan.selected->begin(), plan.selected->end()});
    report_odd_keys(c, d, list);
    plan.rows_read = list.rows.size();
    plan.exceptions = exceptions_among(list.rows);
    plan.reaches.sweep = logged.anything;
    plan.reaches.touched = c.request.only->contains(d.name) || seen.unfinished();
    plan.reaches.gone = ids_without_row(*plan.selected, list.rows);
    report_unknown(c, plan);
    plan.reaches.changed.assign(plan.selected->begin(), plan.selected->end());
    leave_aside(c, plan, logged, read_pending_rows(*seen.reader, statements, d, logged.rows));
    forget_refusals_of_gone_rows(c, seen, plan, list.rows);
    plan.pending += static_cast<std::size_t>(std::ranges::count_if(
        list.rows, [&](work_row const& row) { return row.pending && !is_known_refusal(c.memory().refused, d, row); }));
    plan.rows = sort_out(std::move(list.rows), plan.layout);
}

} // namespace

dataset_plan plan_dataset(cycle_context& c, situation const& seen, dataset const& d, bool index_owed) {
    dataset_plan plan{d};
    plan.watched = seen.columns.keeps_flags(d);
    plan.check = seen.columns.reads().update_triggers(d.table).empty() ? mark_check::none : mark_check::reshaped;
    if (c.request.only) {
        plan_selected(c, seen, further_changes(c, seen, d), plan);
        plan.reaches.touched = plan.reaches.touched || index_owed;
        return plan;
    }
    auto const& refused = c.memory().refused;
    auto const logged = further_changes(c, seen, d);
    auto list = read_rows(c, seen, d, logged.rows);
    report_odd_keys(c, d, list);
    plan.log_lines = logged.lines;
    plan.rows_read = list.rows.size();
    plan.exceptions = exceptions_among(list.rows);
    plan.reaches = how_far(c, seen, plan, logged, list.rows);
    forget_refusals_of_gone_rows(c, seen, plan, list.rows);
    if (!c.full()) {
        drop_known_refusals(refused, plan, logged.rows, list.rows);
        add_changed_ids(plan.reaches, logged.rows, list.rows);
    }
    plan.pending = static_cast<std::size_t>(std::ranges::count_if(
        list.rows, [&](work_row const& row) { return row.pending && !is_known_refusal(refused, d, row); }));
    plan.reaches.touched = plan.reaches.touched || index_owed || !list.rows.empty();
    plan.rows = sort_out(std::move(list.rows), plan.layout);
    return plan;
}

} // namespace notes_export
