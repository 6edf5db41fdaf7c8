#include "source/catalog.hpp"

#include "source/watching.hpp"

#include <algorithm>
#include <array>

namespace notes_export {

namespace {

constexpr std::array<std::string_view, 3> own_tables{"json_export_log", "json_export_state", "json_export_runs"};

std::string relation_names(sql const& statements) {
    std::vector<std::string> names{own_tables.begin(), own_tables.end()};
    for (auto const& d : statements.datasets()) {
        names.insert(names.end(), {d.table, d.view, d.dimension});
        for (auto const& l : d.lookups)
            names.push_back(l.table);
    }
    for (auto const& d : statements.documents())
        names.push_back(d.table);
    std::erase(names, "");
    return name_array(names);
}

// LOCK TABLE takes tables and views, and with a view what it reads.
bool can_be_locked(char kind) {
    return kind == 'r' || kind == 'p' || kind == 'v';
}

/// What makes other files of the same rows. Those that everybody has are the same everywhere; shards have a note of
/// their own.
std::string configuration_of(dataset d) {
    d.shards = {};
    auto const standard = standard_datasets();
    if (std::ranges::find(standard, d) != standard.end())
        return "";
    auto text =
        d.table + ' ' + d.key_column + ' ' + d.id_column + ' ' + d.name_column + ' ' + d.path + ' ' + d.index_path;
    auto const add = [&](std::string const& what, std::vector<std::string> const& columns) {
        text += "; " + what;
        for (auto const& column : columns)
            text += ' ' + column;
    };
    add("columns", d.index_columns);
    add("order", d.index_order);
    add("rising", d.index_ascending);
    add("omitted", d.omitted);
    for (auto const& l : d.lookups)
        add("join " + l.table + " on " + l.local_column + " = " + l.key_column + ':', l.columns);
    if (!d.current_column.empty())
        text += "; current " + d.current_column;
    if (d.shows_flag)
        text += "; with the flag";
    return text;
}

} // namespace

catalog catalog::read(pg::connection& c, sql const& statements, catalog const* earlier) {
    catalog found{statements};
    auto const state = [&](sources const& reads) {
        std::array<pg::param, 3> const names{statements.schema(), relation_names(statements), reads.oids()};
        return c.prepared("look for changed relations", sql::catalog_state(), names).text(0, 0);
    };
    if (earlier != nullptr && !earlier->m_state.empty() && earlier->m_state == state(earlier->m_reads))
        return *earlier;
    found.read_relations(c);
    found.read_columns(c, relation_names(statements));
    found.read_watched(c);
    found.require_relations();
    found.read_reads(c);
    if (earlier != nullptr && earlier->m_column_types == found.m_column_types) {
        found.m_schema_hash = earlier->m_schema_hash;
        found.m_column_lines = earlier->m_column_lines;
    } else {
        found.read_hash(c);
    }
    // The relations that are read are part of the state, and are known only now.
    found.m_state = state(found.m_reads);
    return found;
}

std::vector<dataset> const& catalog::datasets() const {
    static std::vector<dataset> const none;
    return m_statements == nullptr ? none : m_statements->datasets();
}

void catalog::read_relations(pg::connection& c) {
    std::array<pg::param, 2> const names{m_statements->schema(), relation_names(*m_statements)};
    auto const rows = c.prepared("read relations", sql::relations(), names);
    for (int i = 0; i < rows.rows(); ++i)
        m_relations.emplace(rows.text(i, 0),
                            named_relation{rows.text(i, 1).front(), static_cast<std::uint32_t>(rows.integer(i, 2))});
}

void catalog::read_columns(pg::connection& c, std::string const& relations) {
    std::array<pg::param, 2> const names{m_statements->schema(), relations};
    auto const columns = c.prepared("read columns", sql::columns(), names);
    for (int row = 0; row < columns.rows(); ++row) {
        auto const name = columns.text(row, 0);
        auto const& added = m_columns[name].emplace_back(
            column{columns.text(row, 1), static_cast<type_oid>(columns.integer(row, 2)), columns.text(row, 3)});
        if (std::ranges::find(datasets(), name, &dataset::table) != datasets().end())
            m_column_types += name + ' ' + added.name + ' ' + added.exact_type + ' ' + columns.text(row, 4) + '\n';
    }
}

void catalog::read_watched(pg::connection& c) {
    std::vector<std::string> tables;
    for (auto const& d : datasets())
        tables.push_back(d.table);
    std::array<pg::param, 2> const names{m_statements->schema(), name_array(tables)};
    auto const rows = c.prepared("read what is watched", sql::watched(), names);
    for (int i = 0; i < rows.rows(); ++i)
        m_watched.emplace(rows.text(i, 0), watch{rows.text(i, 1), rows.text(i, 2), rows.text(i, 3)});
}

void catalog::read_reads(pg::connection& c) {
    std::vector<std::string> names;
    sources::roles roles;
    for (auto const& d : datasets()) {
        names.push_back(d.table);
        roles.emplace(d.table, sources::role{watched_as::dataset, watched_otherwise(d)});
        if (!d.dimension.empty()) {
            names.push_back(d.dimension);
            roles.emplace(d.dimension, sources::role{watched_as::dimension});
        }
        if (uses_view(d))
            names.push_back(d.view);
        for (auto const& l : d.lookups)
            names.push_back(l.table);
    }
    m_reads = sources::read(c, *m_statements, names, roles);
    for (auto const& d : datasets())
        if (auto const text = configuration_of(d); !text.empty())
            m_reads.add_fact("configuration of dataset " + d.name, text);
}

void catalog::read_hash(pg::connection& c) {
    auto const hash = c.query("read data_schema_hash", sql::schema_fingerprint(),
                              {m_statements->schema(), name_array(m_statements->tables())});
    m_schema_hash = hash.text(0, 0);
    m_column_lines = hash.text(0, 1);
}

void catalog::require_relations() const {
    auto require = [&](std::string const& name) {
        if (!name.empty() && !has_relation(name))
            throw database_error{
                "read columns: relation \"" + m_statements->schema() + "." + name +
                    "\" does not exist or may not be seen by this role"
                    " (is [database] conninfo the warehouse, and schema right? If they are, run sql/install.sql as the "
                    "owner of the tables)",
                "42P01", false};
    };
    for (auto const& d : datasets()) {
        require(d.table);
        require(d.dimension);
        for (auto const& l : d.lookups)
            require(l.table);
        if (std::ranges::find(columns(d.table), "json_exported", &column::name) == columns(d.table).end())
            throw database_error{"read columns: \"" + m_statements->schema() + "." + d.table +
                                     "\" has no column json_exported (" +
                                     how_to_watch(m_statements->schema(), d, datasets()) + ')',
                                 "42703", false};
    }
    for (auto const& d : m_statements->documents())
        require(d.table);
}

// PostgreSQL has tables without columns.
std::vector<column> const& catalog::columns(std::string const& relation) const {
    static std::vector<column> const none;
    auto const found = m_columns.find(relation);
    return found == m_columns.end() ? none : found->second;
}

column catalog::find(std::string const& relation, std::string_view name) const {
    auto const& all = columns(relation);
    auto const found = std::ranges::find(all, name, &column::name);
    return found == all.end() ? column{std::string{name}, 0, "0"} : *found;
}

// A view of somebody else would let its owner choose what is published.
bool catalog::uses_view(dataset const& d) const {
    auto const view = m_relations.find(d.view);
    auto const table = m_relations.find(d.table);
    return view != m_relations.end() && table != m_relations.end() && view->second.owner == table->second.owner;
}

bool catalog::has_table(std::string const& name) const {
    if (datasets().empty())
        return false;
    auto const table = m_relations.find(name);
    auto const datamart = m_relations.find(datasets().front().table);
    return table != m_relations.end() && datamart != m_relations.end() && table->second.owner == datamart->second.owner;
}

bool catalog::keeps_flags(dataset const& d) const {
    return has_table("json_export_log") && m_reads.is_watched(d.table) && m_reads.is_watched(d.dimension);
}

std::string catalog::watched_otherwise(dataset const& d) const {
    auto const found = m_watched.find(d.table);
    if (found == m_watched.end())
        return "";
    auto const& [name, key, id] = found->second;
    if (dataset_of(name, datasets()) == d.name && key == d.key_column && id == d.id_column)
        return "";
    return "triggers for dataset " + d.name + " by " + d.key_column + " and " + d.id_column +
           " (there are those for dataset " + name + " by " + key + " and " + id + ")";
}

std::vector<std::string> catalog::missing() const {
    auto parts = m_reads.gaps();
    for (auto const name : own_tables)
        if (!has_table(std::string{name}))
            parts.push_back("table " + std::string{name});
    return parts;
}

std::vector<std::string> catalog::remarks() const {
    std::vector<std::string> all;
    for (auto const& d : datasets())
        if (has_relation(d.view) && !uses_view(d))
            all.push_back("view " + d.view + " is not used, because it does not belong to the owner of " + d.table);
    for (auto const& name : m_reads.unseen())
        all.push_back("changed rows of " + name +
                      " are not seen before the next full export, because this role may "
                      "not read it (GRANT SELECT, and USAGE of its schema, makes them seen)");
    return all;
}

std::vector<std::string> catalog::lockable() const {
    std::vector<std::string> names;
    for (auto const& [name, r] : m_relations)
        if (can_be_locked(r.kind))
            names.push_back(name);
    // A cycle only adds to it, and does so when all else is done.
    std::erase(names, "json_export_runs");
    // To lock a view of somebody else needs rights of theirs.
    for (auto const& d : datasets())
        if (!uses_view(d))
            std::erase(names, d.view);
    return names;
}

std::vector<std::string> catalog::lockable(pg::connection& c, sql const& statements) {
    catalog found{statements};
    found.read_relations(c);
    return found.lockable();
}

std::vector<std::string> catalog::columns_of_table(std::string const& name) const {
    std::vector<std::string> names;
    if (has_table(name))
        for (auto const& each : columns(name))
            names.push_back(each.name);
    return names;
}

std::vector<std::string> catalog::columns_of_table(pg::connection& c, sql const& statements, std::string const& name) {
    catalog found{statements};
    found.read_relations(c);
    found.read_columns(c, name_array({name}));
    return found.columns_of_table(name);
}

} // namespace notes_export
