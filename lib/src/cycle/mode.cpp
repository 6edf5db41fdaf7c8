#include "cycle/mode.hpp"

namespace notes_export {

namespace {

std::string of_tree(mode_facts::tree_state tree) {
    switch (tree) {
    case mode_facts::tree_state::missing:
        return "tree is empty";
    case mode_facts::tree_state::damaged:
        return "metadata.json is damaged";
    case mode_facts::tree_state::foreign:
        return "tree was made by another program";
    case mode_facts::tree_state::ours:
        break;
    }
    return "";
}

// The first that holds; what comes first explains what comes later.
std::string full_reason(mode_facts const& f) {
    if (f.requested)
        return "requested";
    if (f.tree_replaced)
        return "directory was replaced";
    if (auto reason = of_tree(f.tree); !reason.empty())
        return reason;
    if (!f.requested_in_database.empty())
        return f.requested_in_database == "requested" ? "requested in the database" : f.requested_in_database;
    if (f.columns_changed)
        return "columns changed";
    if (f.twins_changed)
        return "precompress changed";
    if (f.indexes_changed)
        return "kinds of index files changed";
    if (!f.changed_source.empty())
        return f.changed_source + " changed";
    if (!f.generation_problem.empty())
        return f.generation_problem;
    if (f.other_history)
        return "earlier cycle unfinished in another history of the database";
    if (f.marks_in_doubt)
        return "rows may have changed when they were marked";
    if (!f.unwatched_change.empty())
        return f.unwatched_change;
    return f.due ? "full_interval" : "";
}

} // namespace

mode_choice choose_mode(mode_facts const& facts) {
    if (auto reason = full_reason(facts); !reason.empty())
        return {cycle_mode::full, std::move(reason)};
    return {cycle_mode::incremental, facts.unfinished ? "earlier cycle unfinished" : "changes"};
}

std::string generation_problem(recorded_state const& state, std::uint64_t published) {
    if (!state.kept)
        return "";
    if (!state.generation)
        return state.cannot_be_made ? "" : "json_export_state was emptied";
    bool const agrees = *state.generation == published || (state.is_behind_by_us && *state.generation < published);
    return agrees ? "" : "tree and database are of different generations";
}

std::string unwatched_change(row_digests const& now, std::optional<row_digests> const& before) {
    if (now.empty())
        return "";
    if (!before)
        return "first cycle without the triggers of install.sql";
    for (auto const& [name, digest] : now)
        if (auto const was = before->find(name); was == before->end() || was->second != digest)
            return "rows of " + name + " changed, which no trigger watches";
    return "";
}

bool full_is_due(std::int64_t now, std::int64_t last, std::chrono::seconds interval) {
    return interval.count() > 0 && (now - last >= interval.count() || last > now);
}

} // namespace notes_export
