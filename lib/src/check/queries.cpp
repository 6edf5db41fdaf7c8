#include "check/queries.hpp"

#include "check/examination.hpp"
#include "document/document_query.hpp"
#include "notes_export/error.hpp"

#include <optional>
#include <string>

namespace notes_export {

namespace {

constexpr std::string_view lock_timeout_state = "55P03";
constexpr std::string_view no_right_state = "42501"; // which was told, with its remedy

/// What the server says of a statement with one parameter that is an array; nothing when it takes it, or when somebody
/// holds a table of it, which is not waited for.
std::optional<database_error> refusal(pg::connection& c, std::string const& purpose, std::string const& statement) {
    std::optional<database_error> refused;
    c.query("begin to look at statements", "BEGIN READ ONLY; SET LOCAL lock_timeout = '3s'");
    try {
        c.query(purpose, "EXPLAIN " + statement, {"{}"});
    } catch (database_error const& e) {
        if (e.connection_lost())
            throw;
        if (e.sqlstate() != lock_timeout_state && e.sqlstate() != no_right_state)
            refused = e;
    }
    c.query("end looking at statements", "ROLLBACK");
    return refused;
}

} // namespace

std::vector<finding> examine_queries(pg::connection& c, export_config const& config, catalog const& there) {
    sql const statements{config};
    examination found{"columns"};
    auto const look = [&](std::string const& purpose, std::string const& statement, std::string const& remedy) {
        if (auto const e = refusal(c, purpose, statement))
            found.fail(e->what(), remedy);
    };
    for (auto const& d : config.datasets) {
        auto const section = "[dataset " + d.name + "] ";
        look("plan to read profiles of " + d.table, profile_query(statements, d, there).text,
             section + (d.lookups.empty() ? "relation and key must name what can be read by a bigint"
                                          : "join must compare columns whose types can be compared"));
        if (d.has_entries())
            look("plan to read the index of " + d.table, index_query(statements, d, there, true).text,
                 section + "index_order must name columns that have an order");
    }
    return std::move(found).take();
}

} // namespace notes_export
