#include "check/columns.hpp"
#include "check/examination.hpp"
#include "check/other_tree.hpp"
#include "check/queries.hpp"
#include "check/rights.hpp"
#include "check/standby.hpp"
#include "pg/connection_names.hpp"
#include "source/catalog.hpp"
#include "source/check_statements.hpp"
#include "source/install_version.hpp"
#include "source/watching.hpp"

#include <algorithm>

namespace notes_export {

namespace {

constexpr std::int64_t oldest_server = 140000;
constexpr std::int64_t needed_sessions = 3; ///< two for an export, one to listen
constexpr std::size_t most_named = 8;

std::string remedy_for(database_error const& e, std::string const& conninfo) {
    auto const& state = e.sqlstate();
    std::string_view const text{e.what()};
    auto const names = pg::names_of(conninfo);
    if (text.find("password file") != std::string_view::npos)
        return "[database] password_file must name a file with the password as its only line, which the service's user "
               "can read, and others cannot";
    if (state == "42501")
        return "as the owner of the database: GRANT CONNECT ON DATABASE " + names.database + " TO " + names.role +
               "; install.sql does not";
    if (text.find("not permitted to log in") != std::string_view::npos)
        return "as an administrator: ALTER ROLE " + names.role + " LOGIN";
    if (state == "28P01" || text.find("no password supplied") != std::string_view::npos)
        return "put the password into a file and name that in [database] password_file";
    if (state.starts_with("28"))
        return "install.sql makes the role osm_notes_exporter, and pg_hba.conf must let it in from here; conninfo may "
               "say user=NAME";
    if (state == "3D000")
        return "is the database of [database] conninfo right? `psql -l` lists those of the server";
    if (state == too_many_sessions)
        return "raise max_connections, or the CONNECTION LIMIT of role or database";
    if (text.find("read-only") != std::string_view::npos || text.find("standby") != std::string_view::npos)
        return "[database] conninfo must name the primary";
    return "is PostgreSQL running, and are host and port of [database] conninfo right?";
}

/// Of a session that was opened.
std::string remedy_for_question(database_error const& e, std::string const& conninfo) {
    return e.sqlstate() == "42501" ? "run install.sql, which gives the role its rights" : remedy_for(e, conninfo);
}

std::string listed(std::vector<std::string> const& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(most_named, names.size()); ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > most_named)
        text += " and " + std::to_string(names.size() - most_named) + " more";
    return text;
}

std::vector<finding> examine_server(pg::connection& c, pg::result const& session) {
    examination found{"server"};
    if (session.integer(0, 3) < oldest_server)
        found.fail("PostgreSQL " + session.text(0, 2) + " is too old", "14 or newer is needed");
    if (session.boolean(0, 4))
        found.fail("this is a standby: rows cannot be marked there, nor notifications received",
                   "[database] conninfo must name the primary");
    if (c.pooled())
        found.warn("a connection pooler stands between: through one in transaction mode notifications do not arrive, "
                   "and changes are only found every 10 s",
                   "let [database] conninfo name the server itself");
    if (found.empty())
        found.ok("PostgreSQL " + session.text(0, 2) + ", a primary, and no pooler between");
    return std::move(found).take();
}

void examine_session_limit(examination& found, std::int64_t limit, std::string const& of_whom) {
    if (limit >= 0 && limit < needed_sessions)
        found.fail("the CONNECTION LIMIT of " + of_whom + " is " + std::to_string(limit) +
                       ": an export needs two sessions at once, and the service one more to listen",
                   "ALTER " + of_whom + " CONNECTION LIMIT 10");
}

std::vector<finding> examine_role(pg::connection& c, export_config const& config, std::string const& name,
                                  std::string const& database) {
    examination found{"role"};
    auto const table = config.datasets.empty() ? std::string{} : config.datasets.front().table;
    auto const role = c.query("look at the role", check_statements::role(), {config.schema, table});
    if (auto const more = role.text(0, 0); !more.empty())
        found.warn(name + " may do more than an export needs: " + more,
                   "use osm_notes_exporter, which install.sql makes");
    examine_session_limit(found, role.integer(0, 1), "ROLE " + name);
    examine_session_limit(found, role.integer(0, 2), "DATABASE " + database);
    if (found.empty())
        found.ok(name + ", with no more than it needs");
    return std::move(found).take();
}

bool examine_schema(std::vector<finding>& all, pg::connection& c, export_config const& config,
                    std::string const& role) {
    examination found{"rights"};
    auto const schema = c.query("look at the schema", check_statements::schema(), {config.schema});
    if (!schema.boolean(0, 0))
        found.fail("schema " + config.schema + " does not exist",
                   "are the database of [database] conninfo and [database] schema right?");
    else if (!schema.boolean(0, 1))
        found.fail("role " + role + " lacks USAGE on schema " + config.schema,
                   "run install.sql, or let the owner of the schema GRANT USAGE ON SCHEMA " + config.schema + " TO " +
                       role);
    bool const usable = found.empty();
    append(all, std::move(found).take());
    return usable;
}

void judge_version(examination& found, std::int64_t version) {
    if (auto const remark = remark_on_version(version))
        found.warn(remark->text, remark->remedy);
    else
        found.ok("version " + std::to_string(version) + ", as this program knows it");
}

std::vector<finding> examine_version(pg::connection& c, export_config const& config, catalog const& there) {
    examination found{"install.sql"};
    if (!there.has_table("json_export_state")) {
        found.warn("it did not run here: changes are found by comparing all rows, which is slow", "run install.sql");
        return std::move(found).take();
    }
    auto const version = c.query("read the version of install.sql", check_statements::install_version(config.schema));
    judge_version(found, version.empty() ? 0 : version.integer(0, 0));
    return std::move(found).take();
}

std::string how_to_watch_now(export_config const& config, catalog const& there, dataset const& d) {
    return there.watched_otherwise(d).empty() ? how_to_watch(config.schema, d, config.datasets)
                                              : how_to_watch_anew(config.schema, d, config.datasets);
}

/// Of the datasets that are not watched, each way once.
std::string how_to_watch_all(export_config const& config, catalog const& there) {
    std::vector<std::string> ways;
    for (auto const& d : config.datasets)
        if (auto way = how_to_watch_now(config, there, d);
            !there.keeps_flags(d) && std::ranges::find(ways, way) == ways.end())
            ways.push_back(std::move(way));
    std::string text;
    for (auto const& way : ways)
        text += (text.empty() ? "" : "; ") + way;
    return text.empty() ? "run install.sql" : text;
}

std::vector<finding> examine_triggers(export_config const& config, catalog const& there) {
    examination found{"triggers"};
    if (auto const missing = there.missing(); !missing.empty())
        found.warn("missing or off: " + listed(missing) + "; changes that they would tell of are found late",
                   how_to_watch_all(config, there));
    for (auto const& remark : there.remarks())
        found.warn(remark, "");
    if (found.empty())
        found.ok("all there and on");
    return std::move(found).take();
}

// It works without them, but each cycle then reads whole tables.
std::vector<finding> examine_indexes(pg::connection& c, export_config const& config, catalog const& there) {
    examination found{"indexes"};
    for (auto const& d : config.datasets) {
        if (!there.keeps_flags(d))
            continue; // that was told
        auto const missing = c.query("look for indexes of " + d.table, check_statements::missing_indexes(),
                                     {config.schema, d.table, d.key_column, d.id_column});
        for (int i = 0; i < missing.rows(); ++i)
            found.warn("no valid index of " + config.schema + '.' + d.table + " finds " +
                           std::string{missing.text(i, 0)} + ": each cycle reads the whole table",
                       how_to_watch(config.schema, d, config.datasets));
    }
    if (found.empty())
        found.ok("all that an export looks for rows by");
    return std::move(found).take();
}

void examine_installation(std::vector<finding>& all, pg::connection& c, export_config const& config) {
    sql const statements{config};
    auto const there = catalog::read(c, statements);
    append(all, examine_version(c, config, there));
    append(all, examine_triggers(config, there));
    append(all, examine_indexes(c, config, there));
    auto columns = examine_columns(config, there);
    auto refused = worst_of(columns) == severity::error ? std::vector<finding>{} : examine_queries(c, config, there);
    append(all, refused.empty() ? std::move(columns) : std::move(refused));
}

void examine_session(std::vector<finding>& all, pg::connection& c, export_config const& config,
                     std::stop_token const& stop) {
    auto const session = c.query("look at the session", check_statements::session());
    auto const role = session.text(0, 0);
    auto const database = session.text(0, 1);
    all.push_back({severity::ok, "connection", "database " + database + ", as role " + role, ""});
    append(all, examine_server(c, session));
    append(all, examine_standby(c, config, stop));
    append(all, examine_role(c, config, role, database));
    append(all, examine_other_trees(c, config));
    if (!examine_schema(all, c, config, role))
        return;
    auto rights = examine_rights(c, config, role);
    bool const told = worst_of(rights) == severity::error;
    append(all, std::move(rights));
    try {
        examine_installation(all, c, config);
    } catch (database_error const& e) {
        if (!told || e.connection_lost()) // else it is about what was just said to be missing
            throw;
    }
}

} // namespace

std::vector<finding> examine_database(export_config const& config, std::stop_token stop) {
    std::vector<finding> all;
    try {
        pg::connection c{config, "check", stop};
        c.limit_statements(config.statement_timeout);
        examine_session(all, c, config, stop);
    } catch (database_error const& e) {
        all.push_back({severity::error, all.empty() ? "connection" : "database", e.what(),
                       all.empty() ? remedy_for(e, config.conninfo) : remedy_for_question(e, config.conninfo)});
    }
    return all;
}

} // namespace notes_export
