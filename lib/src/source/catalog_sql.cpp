// The statements that read the server's catalog.
#include "source/sql.hpp"

namespace notes_export {

namespace {

// Everything that these relations are made of: what views read, partitions, children.
std::string with_reads() {
    return "WITH RECURSIVE reads AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
           " WHERE n.nspname = $1 AND c.relname = ANY($2::text[]) UNION"
           " SELECT x.oid FROM reads r CROSS JOIN LATERAL ("
           "SELECT d.refobjid AS oid FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass"
           " AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class"
           " WHERE w.ev_class = r.oid"
           " UNION ALL SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = r.oid) x)";
}

// Those of a user's making only: built-in types never change.
std::string with_types() {
    return with_reads() +
           ", types AS (SELECT a.atttypid AS oid FROM reads r JOIN pg_attribute a ON a.attrelid = r.oid"
           " WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384 UNION"
           " SELECT y.oid FROM types t JOIN pg_type p ON p.oid = t.oid CROSS JOIN LATERAL ("
           "SELECT p.typbasetype AS oid UNION ALL SELECT p.typelem UNION ALL SELECT a.atttypid FROM pg_attribute a"
           " WHERE a.attrelid = p.typrelid AND a.attnum > 0 AND NOT a.attisdropped) y WHERE y.oid >= 16384)";
}

} // namespace

std::string sql::relations() {
    return "SELECT c.relname, c.relkind, c.relowner FROM pg_class c"
           " JOIN pg_namespace n ON n.oid = c.relnamespace"
           " WHERE n.nspname = $1 AND c.relname = ANY($2::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
}

std::string sql::columns() {
    return "SELECT c.relname, a.attname, a.atttypid, a.atttypid || ':' || a.atttypmod, a.attnum FROM pg_class c"
           " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
           " WHERE n.nspname = $1 AND c.relname = ANY($2::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
           " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum";
}

// Whatever changes a column, a trigger, a view, a type or where a table is stored writes a row of the catalog anew,
// with another transaction id.
std::string sql::catalog_state() {
    auto const rows_of = [](std::string_view table, std::string_view key) {
        return "(SELECT count(*) || '/' || sum(xmin::text::bigint) FROM pg_catalog." + std::string{table} + " WHERE " +
               std::string{key} + " = r.oid)";
    };
    return "WITH r AS MATERIALIZED (SELECT c.oid, c.xmin FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
           " WHERE n.nspname = $1 AND c.relname = ANY($2::text[])"
           " UNION ALL SELECT c.oid, c.xmin FROM pg_class c WHERE c.oid = ANY($3::oid[])"
           " UNION ALL SELECT p.oid, p.xmin FROM pg_proc p WHERE p.oid = ANY($3::oid[]))"
           " SELECT concat_ws(' ', pg_backend_pid(), extract(epoch FROM pg_postmaster_start_time()),"
           " (SELECT count(*) || '/' || sum(xmin::text::bigint) FROM pg_enum),"
           " (SELECT string_agg(concat_ws(' ', r.oid, r.xmin, " +
           rows_of("pg_attribute", "attrelid") + ", " + rows_of("pg_trigger", "tgrelid") + ", " +
           rows_of("pg_rewrite", "ev_class") + ", " + rows_of("pg_inherits", "inhparent") +
           "), ', ' ORDER BY r.oid) FROM r))";
}

// What information_schema.columns tells of them, without the rest of that view: in a fresh session it takes a fifth of
// the time.
std::string sql::schema_fingerprint() {
    return "SELECT encode(sha256(convert_to(string_agg(k.name || ':' || k.type || ':' || k.position, '|'"
           " ORDER BY k.relation, k.position) || E'\\n', 'UTF8')), 'hex'),"
           " string_agg(k.relation || '.' || k.name || ':' || k.type, E'\\n' ORDER BY k.relation, k.position)"
           " FROM (SELECT c.relname AS relation, a.attname AS name, a.attnum AS position,"
           " CASE WHEN t.typelem <> 0 AND t.typlen = -1 THEN 'ARRAY'"
           " WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN format_type(t.oid, NULL)"
           " ELSE 'USER-DEFINED' END AS type"
           " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
           " JOIN pg_type declared ON declared.oid = a.atttypid"
           " JOIN pg_type t ON t.oid = CASE declared.typtype WHEN 'd' THEN declared.typbasetype ELSE declared.oid END"
           " WHERE n.nspname = $1 AND c.relname = ANY($2::text[]) AND c.relkind IN ('r', 'v', 'f', 'p')"
           " AND a.attnum > 0 AND NOT a.attisdropped AND (pg_has_role(c.relowner, 'USAGE')"
           " OR has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES'))) k";
}

// A view is what its definition says, whenever it was made: the warehouse drops and makes views often. A relation with
// rows of its own is also where they are stored: that changes when it is replaced, rewritten or truncated.
std::string sql::sources() {
    return with_reads() +
           " SELECT c.oid, n.nspname || '.' || c.relname, c.relkind, c.relispartition,"
           " coalesce((SELECT min(i.inhparent) FROM pg_inherits i WHERE i.inhrelid = c.oid), 0),"
           " CASE WHEN c.relkind = 'v' THEN '' ELSE concat_ws('/', c.oid, c.relfilenode,"
           " (SELECT array_to_string(f.ftoptions, ',') FROM pg_foreign_table f WHERE f.ftrelid = c.oid),"
           " (SELECT array_to_string(s.srvoptions, ',') FROM pg_foreign_table f JOIN pg_foreign_server s"
           " ON s.oid = f.ftserver WHERE f.ftrelid = c.oid)) END,"
           " (SELECT string_agg(concat_ws(' ', a.attname, a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)"
           " FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),"
           " CASE WHEN c.relkind IN ('v', 'm') THEN encode(sha256(convert_to(pg_get_viewdef(c.oid), 'UTF8')), 'hex')"
           " ELSE '' END, format('%I.%I', n.nspname, c.relname),"
           " has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
           " FROM reads r JOIN pg_class c ON c.oid = r.oid JOIN pg_namespace n ON n.oid = c.relnamespace"
           " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.oid";
}

std::string sql::source_types() {
    return with_types() +
           " SELECT n.nspname || '.' || p.typname, p.typrelid, concat_ws('; ', p.typtype, p.typbasetype, p.typtypmod,"
           " (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e"
           " WHERE e.enumtypid = p.oid),"
           " (SELECT string_agg(concat_ws(' ', a.attname, a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)"
           " FROM pg_attribute a WHERE a.attrelid = p.typrelid AND a.attnum > 0 AND NOT a.attisdropped))"
           " FROM types t JOIN pg_type p ON p.oid = t.oid JOIN pg_namespace n ON n.oid = p.typnamespace";
}

// Those that a view calls itself; what they read is not known to the server either.
std::string sql::source_functions() {
    return with_reads() +
           " SELECT DISTINCT p.oid, n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) "
           "||"
           " ')', encode(sha256(convert_to(pg_get_functiondef(p.oid), 'UTF8')), 'hex') FROM reads r"
           " JOIN pg_rewrite w ON w.ev_class = r.oid JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass"
           " AND d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass JOIN pg_proc p ON p.oid = d.refobjid"
           " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= 16384 AND p.prokind IN ('f', 'w')";
}

std::string sql::own_triggers() {
    return "SELECT tgrelid, tgname, tgenabled, xmin FROM pg_trigger WHERE tgrelid = ANY($1::oid[])"
           " AND tgname LIKE 'json\\_export\\_%' ORDER BY tgrelid, tgname";
}

// As json_export_datasets() of install.sql tells it, whose text is not run: whoever owns that function could be
// anybody.
std::string sql::watched() {
    return "SELECT t.relname, w.what ->> 'dataset', w.what ->> 'key_column', w.what ->> 'id_column' FROM pg_class t"
           " JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_trigger g ON g.tgrelid = t.oid"
           " JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_proc l ON l.pronamespace = p.pronamespace"
           " AND l.proowner = t.relowner AND l.proname = (left(p.proname, -10) || 'lost')::name"
           " CROSS JOIN LATERAL (SELECT obj_description(l.oid, 'pg_proc')) AS c (comment)"
           " CROSS JOIN LATERAL (SELECT CASE WHEN c.comment ^@ 'osm-notes-exportd: watches {'"
           " THEN substr(c.comment, 28)::jsonb END) AS w (what)"
           " WHERE n.nspname = $1 AND t.relname = ANY($2::text[]) AND g.tgname = 'json_export_renumbered'"
           " AND w.what ->> 'relation' = t.relname";
}

// tgtype: 1 is FOR EACH ROW, 2 BEFORE, 16 UPDATE.
std::string sql::foreign_update_triggers() {
    return "SELECT tgrelid, tgname FROM pg_trigger WHERE tgrelid = ANY($1::oid[]) AND NOT tgisinternal"
           " AND tgname NOT LIKE 'json\\_export\\_%' AND tgenabled IN ('O', 'A') AND tgtype & 19 = 19"
           " ORDER BY tgrelid, tgname";
}

std::string sql::row_versions(std::string const& relation, std::uint32_t part) {
    return "SELECT count(*) || '/' || coalesce(sum(hashint8extended(t.xmin::text::bigint, 0)), 0) FROM " + relation +
           " t WHERE t.tableoid = " + std::to_string(part);
}

std::string sql::row_contents(std::string const& relation, std::uint32_t part) {
    return "SELECT count(*) || '/' || coalesce(sum(hashtextextended((t.*)::text, 0)), 0) FROM " + relation +
           " t WHERE t.tableoid = " + std::to_string(part);
}

} // namespace notes_export
