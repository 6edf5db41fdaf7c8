#include "source/check_statements.hpp"

#include "pg/quote.hpp"

namespace notes_export::check_statements {

std::string session() {
    return "SELECT current_user, current_database(), current_setting('server_version'),"
           " current_setting('server_version_num')::int, pg_is_in_recovery()";
}

std::string schema() {
    return "SELECT n.oid IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'USAGE'), false)"
           " FROM (SELECT to_regnamespace(quote_ident($1))::oid AS oid) AS n";
}

// A superuser is a member of every role, and says enough with that. Where tables have row security, BYPASSRLS is no
// more than an export needs.
std::string role() {
    return "SELECT CASE WHEN r.rolsuper THEN 'superuser' ELSE concat_ws(', ', CASE WHEN r.rolcreaterole THEN "
           "'CREATEROLE' "
           "END,"
           " CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,"
           " CASE WHEN r.rolbypassrls AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid ="
           " c.relnamespace WHERE n.nspname = $1 AND c.relrowsecurity) THEN 'BYPASSRLS' END,"
           " (SELECT 'owner of the tables' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
           " WHERE n.nspname = $1 AND c.relname = $2 AND pg_has_role(c.relowner, 'MEMBER')),"
           " (SELECT string_agg('member of ' || g.rolname, ', ' ORDER BY g.rolname) FROM pg_roles g"
           " WHERE g.rolname IN ('pg_write_all_data', 'pg_execute_server_program', 'pg_read_server_files',"
           " 'pg_write_server_files') AND pg_has_role(g.oid, 'MEMBER'))) END, r.rolconnlimit, d.datconnlimit"
           " FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database()";
}

std::string rights() {
    return "SELECT w.number, c.oid IS NOT NULL, w.attribute = '' OR a.attnum IS NOT NULL,"
           " CASE WHEN c.oid IS NULL THEN false WHEN w.attribute = '' THEN has_table_privilege(c.oid, w.wanted)"
           " ELSE coalesce(has_column_privilege(c.oid, a.attnum, w.wanted), false) END"
           " FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS w (relation, attribute, wanted, number)"
           " LEFT JOIN pg_class c ON c.relname = w.relation"
           " AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = $1)"
           " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w.attribute AND NOT a.attisdropped"
           " ORDER BY w.number";
}

std::string function_rights() {
    return "SELECT bool_or(has_function_privilege(p.oid, 'EXECUTE')) FROM pg_proc p"
           " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1 AND p.proname = $2 HAVING count(*) > 0";
}

std::string row_security() {
    return "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
           " WHERE n.nspname = $1 AND c.relname = ANY($2::text[]) AND row_security_active(c.oid) ORDER BY c.relname";
}

std::string missing_indexes() {
    return "SELECT need.what FROM pg_class t,"
           " (VALUES (1, 'pending rows', ''), (2, 'rows by their key', $3), (3, 'rows by their id', $4))"
           " AS need (position, what, column_name)"
           " WHERE t.oid = to_regclass(format('%I.%I', $1::text, $2::text)) AND t.relkind IN ('r', 'p')"
           " AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
           " JOIN pg_am m ON m.oid = c.relam"
           " LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
           " WHERE i.indrelid = t.oid AND i.indisvalid AND CASE need.position"
           " WHEN 1 THEN pg_get_expr(i.indpred, i.indrelid) ~ 'json_exported'"
           " ELSE i.indpred IS NULL AND m.amname = 'btree' AND a.attname = need.column_name END)"
           " ORDER BY need.position";
}

std::string install_version(std::string_view schema) {
    return "SELECT install_version FROM " + pg::quote_identifier(schema) + ".json_export_state";
}

} // namespace notes_export::check_statements
