#include "source/catalog.hpp"

#include <algorithm>
#include <array>

namespace notes_export {

namespace {

// Without any one of these a change can go unnoticed.
constexpr std::array<std::string_view, 5> row_triggers{"json_export_inserted", "json_export_changed",
                                                       "json_export_renumbered", "json_export_deleted",
                                                       "json_export_truncated"};
constexpr std::array<std::string_view, 3> own_tables{"json_export_removals", "json_export_state", "json_export_runs"};

std::string relation_names() {
    std::string names = "{";
    auto add = [&names](std::string_view name) {
        if (!name.empty())
            names.append(names.size() > 1 ? "," : "").append(name);
    };
    for (auto const& d : standard_datasets()) {
        add(d.table);
        add(d.view);
        add(d.dimension);
        for (auto const& l : d.lookups)
            add(l.table);
    }
    for (auto const& d : standard_documents())
        add(d.table);
    std::ranges::for_each(own_tables, add);
    return names + "}";
}

std::string table_names() {
    std::string names = "{";
    for (auto const& d : standard_datasets())
        names.append(names.size() > 1 ? "," : "").append(d.table);
    return names + "}";
}

} // namespace

catalog catalog::read(pg::connection& c, sql const& statements, catalog const* earlier) {
    catalog found;
    std::array<pg::param, 2> const names{statements.schema(), relation_names()};
    found.m_state = c.prepared("look for changed relations", sql::catalog_state(), names).text(0, 0);
    if (earlier != nullptr && earlier->m_state == found.m_state)
        return *earlier;
    found.read_relations(c, statements);
    found.require_relations(statements);
    if (earlier != nullptr && earlier->m_column_types == found.m_column_types) {
        found.m_schema_hash = earlier->m_schema_hash;
        found.m_column_lines = earlier->m_column_lines;
    } else {
        found.read_hash(c, statements);
    }
    return found;
}

void catalog::read_relations(pg::connection& c, sql const& statements) {
    std::array<pg::param, 2> const names{statements.schema(), relation_names()};
    auto const columns = c.prepared("read columns", sql::columns(), names);
    for (int row = 0; row < columns.rows(); ++row) {
        auto const relation = columns.text(row, 0);
        auto const& added = m_columns[relation].emplace_back(
            column{columns.text(row, 1), static_cast<type_oid>(columns.integer(row, 2)), columns.text(row, 3)});
        if (std::ranges::find(standard_datasets(), relation, &dataset::table) != standard_datasets().end())
            m_column_types += relation + ' ' + added.name + ' ' + added.exact_type + ' ' + columns.text(row, 4) + '\n';
    }
    auto const triggers = c.prepared("read triggers", sql::triggers(), std::array<pg::param, 1>{statements.schema()});
    for (int row = 0; row < triggers.rows(); ++row)
        m_triggers[triggers.text(row, 0)].push_back(triggers.text(row, 1));
    auto const views = c.prepared("read views", sql::views(), names);
    for (int row = 0; row < views.rows(); ++row)
        m_view_digests.emplace(views.text(row, 0), views.text(row, 1));
}

// The catalog's own view gives the type names that the hash is made of, and takes its time.
void catalog::read_hash(pg::connection& c, sql const& statements) {
    auto const hash = c.query("read data_schema_hash", sql::schema_fingerprint(), {statements.schema(), table_names()});
    m_schema_hash = hash.text(0, 0);
    m_column_lines = hash.text(0, 1);
}

void catalog::require_relations(sql const& statements) const {
    auto require = [&](std::string const& name) {
        if (!name.empty() && !has_relation(name))
            throw database_error{"read columns: relation \"" + statements.schema() + "." + name +
                                     "\" does not exist or may not be seen by this role"
                                     " (is [database] conninfo the warehouse, and schema right?)",
                                 "42P01", false};
    };
    for (auto const& d : standard_datasets()) {
        require(d.table);
        require(d.dimension);
        for (auto const& l : d.lookups)
            require(l.table);
        if (std::ranges::find(columns(d.table), "json_exported", &column::name) == columns(d.table).end())
            throw database_error{"read columns: \"" + statements.schema() + "." + d.table +
                                     "\" has no column json_exported (run sql/install.sql)",
                                 "42703", false};
    }
    for (auto const& d : standard_documents())
        require(d.table);
}

column catalog::find(std::string const& relation, std::string_view name) const {
    auto const& all = columns(relation);
    auto const found = std::ranges::find(all, name, &column::name);
    return found == all.end() ? column{std::string{name}, 0, "0"} : *found;
}

bool catalog::has_triggers(dataset const& d) const {
    auto has = [this](std::string const& table, std::string_view trigger) {
        auto const found = m_triggers.find(table);
        return found != m_triggers.end() && std::ranges::find(found->second, trigger) != found->second.end();
    };
    return has_table("json_export_removals") && has(d.dimension, "json_export_dimension_updated") &&
           std::ranges::all_of(row_triggers, [&](std::string_view name) { return has(d.table, name); });
}

std::string catalog::sources() const {
    std::string text;
    for (auto const& d : standard_datasets()) {
        auto const& from = source(d);
        auto const digest = m_view_digests.find(from);
        text += from + (digest == m_view_digests.end() ? "" : " " + digest->second) + ':';
        for (auto const& c : columns(from))
            text += ' ' + c.name;
        text += '\n';
    }
    return text;
}

std::vector<std::string> catalog::missing() const {
    std::vector<std::string> parts;
    for (auto const& d : standard_datasets())
        if (!has_triggers(d))
            parts.push_back("triggers on " + d.table);
    for (auto const name : own_tables)
        if (!has_table(name))
            parts.push_back("table " + std::string{name});
    return parts;
}

} // namespace notes_export
