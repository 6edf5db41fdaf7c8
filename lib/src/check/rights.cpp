#include "check/rights.hpp"

#include "check/examination.hpp"
#include "source/check_statements.hpp"
#include "source/sql.hpp"
#include "source/watching.hpp"

#include <algorithm>

namespace notes_export {

namespace {

void read_all(std::vector<needed_right>& to, dataset const& d) {
    for (auto const& table : {d.table, d.dimension})
        if (!table.empty())
            to.push_back({table, "", "SELECT", true, false});
    if (!d.view.empty())
        to.push_back({d.view, "", "SELECT", true, true});
    for (auto const& l : d.lookups)
        to.push_back({l.table, "", "SELECT", true, false});
}

void use_own_tables(std::vector<needed_right>& to) {
    for (auto const* const right : {"SELECT", "DELETE"})
        to.push_back({"json_export_log", "", right, true, true});
    for (auto const* const right : {"SELECT", "INSERT", "DELETE"})
        to.push_back({"json_export_runs", "", right, false, true});
    to.push_back({"json_export_state", "", "SELECT", true, true});
    for (auto const* const column : {"generation", "published_at", "install_version"})
        to.push_back({"json_export_state", column, "INSERT", true, true});
    for (auto const* const column : {"generation", "published_at"})
        to.push_back({"json_export_state", column, "UPDATE", true, true});
    to.push_back({"json_export_status", "", "SELECT", false, true});
}

std::string name_of(needed_right const& r) {
    return r.column.empty() ? r.right : r.right + " (" + r.column + ')';
}

bool is_own_document(export_config const& config, std::string const& relation) {
    auto const built_in = standard_documents();
    return std::ranges::find(config.documents, relation, &document::table) != config.documents.end() &&
           std::ranges::find(built_in, relation, &document::table) == built_in.end();
}

bool reads(dataset const& d, std::string const& relation) {
    return relation == d.table || relation == d.dimension || relation == d.view ||
           std::ranges::find(d.lookups, relation, &lookup::table) != d.lookups.end();
}

std::string grant(export_config const& config, needed_right const& r, std::string const& role) {
    auto const by_hand =
        "let the owner of the tables GRANT " + name_of(r) + " ON " + config.schema + '.' + r.relation + " TO " + role;
    if (is_own_document(config, r.relation))
        return by_hand; // install.sql knows nothing of it
    auto const d = std::ranges::find_if(config.datasets, [&](dataset const& x) { return reads(x, r.relation); });
    return (d == config.datasets.end() ? "run install.sql" : how_to_watch(config.schema, *d, config.datasets)) +
           ", or " + by_hand;
}

/// A column of ours that is missing.
std::string how_to_have(export_config const& config, needed_right const& r) {
    auto const d = std::ranges::find(config.datasets, r.relation, &dataset::table);
    return d == config.datasets.end() ? "run install.sql" : how_to_watch(config.schema, *d, config.datasets);
}

void judge(examination& found, export_config const& config, needed_right const& r, std::string const& role,
           pg::result const& answer, int row) {
    auto const relation = config.schema + '.' + r.relation;
    bool const is_there = answer.boolean(row, 1);
    if (!is_there && !r.if_there)
        return found.fail("relation " + relation + " does not exist, or role " + role + " may not see it",
                          "are the database of [database] conninfo and [database] schema right? The ETL makes the "
                          "tables, then install.sql prepares them");
    if (!is_there || answer.boolean(row, 3))
        return;
    if (!answer.boolean(row, 2))
        return found.fail(relation + " has no column " + r.column, how_to_have(config, r));
    auto text = "role " + role + " lacks " + name_of(r) + " on " + relation;
    if (r.required)
        found.fail(std::move(text), grant(config, r, role));
    else
        found.warn(std::move(text), grant(config, r, role));
}

void examine_function(examination& found, pg::connection& c, export_config const& config, std::string const& role) {
    constexpr auto const* name = "request_json_export";
    auto const answer =
        c.query("check rights on functions", check_statements::function_rights(), {config.schema, name});
    if (!answer.empty() && !answer.boolean(0, 0))
        found.warn("role " + role + " lacks EXECUTE on function " + config.schema + '.' + name,
                   "run install.sql, which grants it");
}

void examine_row_security(examination& found, pg::connection& c, export_config const& config, std::string const& role) {
    std::vector<std::string> names;
    for (auto const& r : needed_rights(config))
        if (r.right == "SELECT" && std::ranges::find(names, r.relation) == names.end())
            names.push_back(r.relation);
    auto const hiding =
        c.query("check row security", check_statements::row_security(), {config.schema, name_array(names)});
    for (int i = 0; i < hiding.rows(); ++i) {
        auto const relation = config.schema + '.' + hiding.text(i, 0);
        found.fail("row security of " + relation + " applies to role " + role +
                       ": no export reads it, as rows that are hidden would look like rows that are gone",
                   "as a superuser: ALTER ROLE " + role + " BYPASSRLS; or as the owner: ALTER TABLE " + relation +
                       " DISABLE ROW LEVEL SECURITY");
    }
}

} // namespace

std::vector<needed_right> needed_rights(export_config const& config) {
    std::vector<needed_right> all;
    for (auto const& d : config.datasets) {
        read_all(all, d);
        all.push_back({d.table, "json_exported", "UPDATE", true, false});
    }
    for (auto const& d : config.documents)
        all.push_back({d.table, "", "SELECT", true, false});
    use_own_tables(all);
    // Lookups are shared, and the documents too.
    std::vector<needed_right> once;
    for (auto& r : all)
        if (std::ranges::none_of(once, [&](needed_right const& o) {
                return o.relation == r.relation && o.column == r.column && o.right == r.right;
            }))
            once.push_back(std::move(r));
    return once;
}

std::vector<finding> examine_rights(pg::connection& c, export_config const& config, std::string const& role) {
    examination found{"rights"};
    auto const wanted = needed_rights(config);
    std::vector<std::string> relations, columns, rights;
    for (auto const& r : wanted) {
        relations.push_back(r.relation);
        columns.push_back(r.column);
        rights.push_back(r.right);
    }
    auto const answer = c.query("check rights", check_statements::rights(),
                                {config.schema, name_array(relations), name_array(columns), name_array(rights)});
    for (int i = 0; i < answer.rows(); ++i)
        judge(found, config, wanted.at(static_cast<std::size_t>(answer.integer(i, 0)) - 1), role, answer, i);
    examine_function(found, c, config, role);
    examine_row_security(found, c, config, role);
    if (found.empty())
        found.ok("all " + std::to_string(wanted.size()) + " that an export needs are granted to " + role);
    return std::move(found).take();
}

} // namespace notes_export
