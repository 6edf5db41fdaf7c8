#include "source/lock_statements.hpp"

#include "pg/quote.hpp"

namespace notes_export {

namespace {

constexpr std::string_view main_class = "1869834606"; // "osmn" in ASCII

std::string hash(std::string const& text) {
    return "pg_catalog.hashtext(" + pg::quote_literal(text) + ")";
}

// pg_locks shows the two numbers of a key as they are without a sign.
std::string as_oid(std::string_view number) {
    return "(" + std::string{number} + "::bigint & 4294967295)::oid";
}

std::string family_name(std::string const& schema) {
    return "osm-notes-exportd " + schema;
}

std::string literals(std::vector<std::string> const& names) {
    std::string list;
    for (auto const& name : names)
        list += (list.empty() ? "" : ", ") + pg::quote_literal(name);
    return list;
}

} // namespace

advisory_key lock_statements::main_key() const {
    return {std::string{main_class}, hash(m_schema)};
}

advisory_key lock_statements::family_key(int number) const {
    return {hash(family_name(m_schema)), std::to_string(number)};
}

std::string lock_statements::take(advisory_key const& key, bool in_transaction) {
    return "SELECT pg_catalog.pg_try_advisory_" + std::string{in_transaction ? "xact_" : ""} + "lock(" + key.text() +
           ")";
}

std::string lock_statements::give_back(advisory_key const& key) {
    return "SELECT pg_catalog.pg_advisory_unlock(" + key.text() + ")";
}

std::string lock_statements::our_keys(std::string const& lock) const {
    return lock + ".locktype = 'advisory' AND " + lock + ".granted AND " + lock + ".objsubid = 2 AND " + lock +
           ".database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (" + lock +
           ".classid = " + std::string{main_class} + " AND " + lock + ".objid = " + as_oid(hash(m_schema)) + " OR " +
           lock + ".classid = " + as_oid(hash(family_name(m_schema))) + ')';
}

std::string lock_statements::is_held(advisory_key const& key) const {
    return "SELECT coalesce(bool_or(pid = pg_backend_pid() AND mode = 'ExclusiveLock' AND classid = " +
           as_oid(key.first) + " AND objid = " + as_oid(key.second) +
           "), false), coalesce(bool_or(pid IS DISTINCT FROM pg_backend_pid()), false) FROM pg_locks l WHERE " +
           our_keys("l");
}

std::string lock_statements::others_hold() const {
    return "SELECT EXISTS (SELECT FROM pg_locks l WHERE " + our_keys("l") +
           " AND pid IS DISTINCT FROM pg_backend_pid())";
}

// An exporter is who may set the flags, itself or as a role that it may become. A backend that pg_stat_activity does
// not know yet may be one. Session-level keys cannot be prepared, and an exporter prepares nothing.
std::string lock_statements::holders() const {
    return "WITH flags AS MATERIALIZED (SELECT c.oid AS relation, a.attnum AS flag FROM pg_class c"
           " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid WHERE n.nspname "
           "= " +
           pg::quote_literal(m_schema) + " AND c.relname IN (" + literals(m_tables) +
           ") AND a.attname = 'json_exported' AND NOT a.attisdropped),"
           " exporters AS MATERIALIZED (SELECT r.oid FROM pg_roles r WHERE r.rolsuper OR EXISTS"
           " (SELECT FROM flags f WHERE has_column_privilege(r.oid, f.relation, f.flag, 'UPDATE'))),"
           " held AS MATERIALIZED (SELECT DISTINCT l.pid, CASE WHEN l.pid IS NULL THEN l.virtualtransaction END AS vxid"
           " FROM pg_locks l WHERE " +
           our_keys("l") +
           " AND l.pid IS DISTINCT FROM pg_backend_pid())"
           " SELECT coalesce(h.pid, 0), coalesce(r.rolname, p.owner, '?'), coalesce(a.application_name, p.gid, ''),"
           " coalesce(a.client_addr::text, CASE WHEN a.state IS NULL THEN 'not shown' ELSE 'local' END),"
           " h.pid IS NOT NULL AND (a.pid IS NULL OR EXISTS (SELECT FROM exporters e"
           " WHERE pg_has_role(a.usesysid, e.oid, 'MEMBER'))) AS may_export"
           " FROM held h LEFT JOIN pg_stat_activity a ON a.pid = h.pid LEFT JOIN pg_roles r ON r.oid = a.usesysid"
           " LEFT JOIN pg_locks x ON x.pid IS NULL AND x.locktype = 'transactionid' AND x.virtualtransaction = h.vxid"
           " LEFT JOIN pg_prepared_xacts p ON p.transaction = x.transactionid"
           " ORDER BY may_export DESC, 1 LIMIT 20";
}

} // namespace notes_export
