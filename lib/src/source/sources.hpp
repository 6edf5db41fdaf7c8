#pragma once

#include "pg/connection.hpp"
#include "source/fingerprint.hpp"
#include "source/installed_triggers.hpp"
#include "source/sql.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace notes_export {

/**
 * Everything that profiles are made from: the relations that datasets name, what their views read, partitions, children
 * and types; and whose changes install.sql's triggers tell of.
 */
class sources {
public:
    /// What a named relation of the schema is read for; views have no role.
    struct role {
        watched_as as = watched_as::names;
        std::string lacks =
            {}; ///< for people: what its triggers do not tell, so that they count for nothing; "" is none
    };
    using roles = std::map<std::string, role>;

    /// `names` are the relations to begin with. Throws database_error.
    static sources read(pg::connection& c, sql const& statements, std::vector<std::string> const& names,
                        roles const& named);

    /// When this changes, any profile may have changed without a row being flagged.
    fingerprint const& facts() const noexcept { return m_facts; }
    /// One that is not of the catalog.
    void add_fact(std::string what, std::string value) { m_facts.add(std::move(what), std::move(value)); }

    /// A relation whose rows can change without anything telling so.
    struct unwatched_relation {
        std::string name;   ///< for people
        std::string digest; ///< a statement that gives another text when rows changed
    };
    std::vector<unwatched_relation> const& unwatched() const noexcept { return m_unwatched; }
    /// Unwatched as well, and not to be looked at either, as the role may not read them: a view reads them for us.
    std::vector<std::string> const& unseen() const noexcept { return m_unseen; }
    /// Every change in this relation is told by triggers, also when it is made through a partition.
    bool is_watched(std::string const& name) const { return !m_gaps.contains(name); }
    /// What keeps relations from being watched, for people.
    std::vector<std::string> gaps() const;

    /// Rows of this relation have versions: no part of it is a foreign table.
    bool has_versions(std::string const& name) const;
    /// Something is read from another server, where every session has a snapshot of its own.
    bool has_foreign_tables() const;
    /// Other people's triggers that may change a row of this relation when it is updated.
    std::vector<std::string> update_triggers(std::string const& name) const;

    /// Of all relations, composite types and functions, as an array for a parameter.
    std::string oids() const;

private:
    struct part {
        std::uint32_t oid = 0;
        std::string name;   ///< with its schema, for people
        std::string quoted; ///< for statements
        std::string root;   ///< the named relation that it is, or is a partition of; "" is none
        char kind = 0;      ///< pg_class.relkind
        bool partition = false;
        bool readable = false;    ///< by our role
        std::uint32_t parent = 0; ///< that it is a partition of, or inherits from
        triggers_by_name triggers;
        std::vector<std::string> update_triggers; ///< of others
    };
    void read_parts(pg::connection& c, pg::param const& schema, pg::param const& names);
    void read_types(pg::connection& c, pg::param const& schema, pg::param const& names);
    void read_functions(pg::connection& c, pg::param const& schema, pg::param const& names);
    void read_triggers(pg::connection& c);
    void find_roots(std::string const& schema, std::vector<std::string> const& names);
    void judge(roles const& named);
    void compare_rows_of(part const& p);
    part const* readable_parent(part const& p);
    part* find(std::uint32_t oid);

    std::vector<part> m_parts;            ///< in order of oid
    std::vector<std::uint32_t> m_further; ///< composite types, whose attributes are stored as columns are; functions
    std::map<std::string, std::vector<std::string>> m_gaps; ///< named relation -> what it lacks
    std::vector<unwatched_relation> m_unwatched;
    std::vector<std::string> m_unseen;
    fingerprint m_facts;
};

} // namespace notes_export
