#pragma once

#include "notes_export/dataset.hpp"
#include "pg/connection.hpp"
#include "source/sql.hpp"

#include <map>
#include <string>
#include <vector>

namespace notes_export {

/// What of the warehouse and of install.sql is there. Looked at in every cycle: columns and views come and go.
class catalog {
public:
    /// Throws database_error; "relation missing" becomes one with a hint.
    /// `earlier` saves the queries when nothing changed since it was read, or the one for the hash when no column did;
    /// nullptr is none.
    static catalog read(pg::connection& c, sql const& statements, catalog const* earlier = nullptr);

    bool has_relation(std::string const& name) const { return m_columns.contains(name); }
    bool has_triggers(dataset const& d) const;
    /// Removal log, state and run tables of install.sql.
    bool has_table(std::string_view name) const { return m_columns.contains(std::string{name}); }
    /// The relation that profiles are read from: the view when it exists, else the table.
    std::string const& source(dataset const& d) const { return has_relation(d.view) ? d.view : d.table; }
    std::vector<column> const& columns(std::string const& relation) const { return m_columns.at(relation); }
    /// A column that is not there has type 0: whoever reads it is told so by the server.
    column find(std::string const& relation, std::string_view name) const;
    /// Parts of install.sql that are not there, for people; empty when all is.
    std::vector<std::string> missing() const;

    /// metadata.json's data_schema_hash, and what it was made from: lines "table.column:type".
    std::string const& schema_hash() const noexcept { return m_schema_hash; }
    std::string const& column_lines() const noexcept { return m_column_lines; }
    /// Where profiles come from: relations, columns, definitions of views. When this changes, any profile may have
    /// changed without a row being flagged.
    std::string sources() const;

private:
    void read_relations(pg::connection& c, sql const& statements);
    void require_relations(sql const& statements) const;
    void read_hash(pg::connection& c, sql const& statements);

    std::string m_state; ///< of the server's catalog just before it was read
    std::map<std::string, std::vector<column>> m_columns;
    std::map<std::string, std::vector<std::string>> m_triggers;
    std::map<std::string, std::string> m_view_digests;
    std::string m_column_types; ///< of the dataset tables; decides whether the hash is still right
    std::string m_schema_hash;
    std::string m_column_lines;
};

} // namespace notes_export
