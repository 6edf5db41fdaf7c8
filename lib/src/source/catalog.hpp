#pragma once

#include "notes_export/dataset.hpp"
#include "pg/connection.hpp"
#include "source/sources.hpp"
#include "source/sql.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace notes_export {

/**
 * What of the warehouse and of install.sql is there. Looked at in every cycle, in its snapshot: columns, views and
 * triggers come and go.
 */
class catalog {
public:
    /// Nothing is there.
    catalog() = default;
    /// `statements` live longer. Throws database_error; "relation missing" becomes one with a hint.
    /// `earlier` saves the queries when nothing changed since it was read, or the one for the hash when no column did;
    /// nullptr is none.
    static catalog read(pg::connection& c, sql const& statements, catalog const* earlier = nullptr);

    bool has_relation(std::string const& name) const { return m_relations.contains(name); }
    /// Log, state and run tables of install.sql. Those of somebody else do not count: whoever writes to a table runs
    /// what its owner has hung on it.
    bool has_table(std::string const& name) const;
    /// The triggers of install.sql flag or log every change of the dataset's own table and of its dimension table.
    bool keeps_flags(dataset const& d) const;
    /// Which triggers its table would need, and which it has, for people, when json_export_watch() was told other
    /// things than its section says: removed ids are then told of another dataset, or by the numbers of another column.
    /// Empty when it was told the same, or nothing.
    std::string watched_otherwise(dataset const& d) const;
    /// The relation that profiles are read from: the view when it can be used, else the table.
    std::string const& source(dataset const& d) const { return uses_view(d) ? d.view : d.table; }
    std::vector<column> const& columns(std::string const& relation) const;
    /// A column that is not there has type 0: whoever reads it is told so by the server.
    column find(std::string const& relation, std::string_view name) const;

    /// Parts of install.sql that are not there, for people; empty when all is.
    std::vector<std::string> missing() const;
    /// Views that are there but not used, and why, for people.
    std::vector<std::string> remarks() const;

    /// metadata.json's data_schema_hash, and what it was made from: lines "table.column:type".
    std::string const& schema_hash() const noexcept { return m_schema_hash; }
    std::string const& column_lines() const noexcept { return m_column_lines; }
    /// What profiles are made from.
    sources const& reads() const noexcept { return m_reads; }

    /// The relations to read that can be locked with LOCK TABLE, in order.
    std::vector<std::string> lockable() const;
    /// Those that are there now, as far as the session sees.
    static std::vector<std::string> lockable(pg::connection& c, sql const& statements);
    /// Names of the columns of a table of install.sql, in no order; none when has_table() is false. What is there
    /// depends on the version of install.sql that ran last.
    std::vector<std::string> columns_of_table(std::string const& name) const;
    /// The same as of now, without reading all the rest.
    static std::vector<std::string> columns_of_table(pg::connection& c, sql const& statements, std::string const& name);

private:
    explicit catalog(sql const& statements) : m_statements{&statements} {}
    struct named_relation {
        char kind = 0; ///< pg_class.relkind
        std::uint32_t owner = 0;
    };
    struct watch {
        std::string dataset;
        std::string key_column;
        std::string id_column;
    };
    std::vector<dataset> const& datasets() const;
    bool uses_view(dataset const& d) const;
    void read_relations(pg::connection& c);
    void read_columns(pg::connection& c, std::string const& relations);
    void read_watched(pg::connection& c);
    void require_relations() const;
    void read_reads(pg::connection& c);
    void read_hash(pg::connection& c);

    sql const* m_statements = nullptr;
    std::string m_state; ///< of the server's catalog when it was read; "" is never
    std::map<std::string, named_relation> m_relations;
    std::map<std::string, std::vector<column>> m_columns;
    std::map<std::string, watch> m_watched; ///< by table; none of version 1 of install.sql
    sources m_reads;
    std::string m_column_types; ///< of the dataset tables; decides whether the hash is still right
    std::string m_schema_hash;
    std::string m_column_lines;
};

} // namespace notes_export
