#include "source/sql.hpp"

#include "pg/connection.hpp"

namespace notes_export {

namespace {

std::string q(std::string_view name) {
    return pg::quote_identifier(name);
}

// xmin has 32 bits, a snapshot 64: put the epoch back. Rows older than 2^32 transactions can only appear too new here,
// which costs one comparison with the file and loses nothing.
std::string newer_than_snapshot(std::string_view alias, std::string_view parameter) {
    std::string const x = std::string{alias} + ".xmin::text::bigint";
    std::string const next = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
    std::string const high = "(" + next + " & ~4294967295::bigint)";
    return "NOT pg_visible_in_snapshot(greatest(0, " + x + " + " + high + " - CASE WHEN " + x + " + " + high +
           " >= " + next + " THEN 4294967296 ELSE 0 END)::text::xid8, " + std::string{parameter} + "::pg_snapshot)";
}

} // namespace

std::string sql::relation(std::string_view name) const {
    return q(m_schema) + '.' + q(name);
}

std::string sql::dimension_join(dataset const& d, std::string const& key) const {
    if (d.current_column.empty())
        return "";
    return " LEFT JOIN " + relation(d.dimension) + " x ON x." + q(d.key_column) + " = " + key;
}

// The row to publish for an id: the current dimension row's, else the one with the highest key.
std::string sql::best_first(dataset const& d, std::string const& key) {
    return (d.current_column.empty() ? "" : "(x." + q(d.current_column) + " IS TRUE) DESC, ") + key + " DESC";
}

std::string sql::columns() {
    return "SELECT c.relname, a.attname, a.atttypid, a.atttypid || ':' || a.atttypmod, a.attnum FROM pg_class c JOIN "
           "pg_namespace n ON n.oid = "
           "c.relnamespace"
           " JOIN pg_attribute a ON a.attrelid = c.oid"
           " WHERE n.nspname = $1 AND c.relname = ANY($2::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
           " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum";
}

// Whatever changes a column, a trigger or a view writes a row of the catalog anew, with a higher transaction id.
std::string sql::catalog_state() {
    auto const rows_of = [](std::string_view table, std::string_view key) {
        return "(SELECT count(*) || '/' || sum(xmin::text::bigint) FROM pg_catalog." + std::string{table} + " WHERE " +
               std::string{key} + " = r.oid)";
    };
    return "WITH r AS MATERIALIZED (SELECT c.oid, c.xmin FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
           " WHERE n.nspname = $1 AND c.relname = ANY($2::text[]))"
           " SELECT concat_ws(' ', pg_backend_pid(), extract(epoch FROM pg_postmaster_start_time()),"
           " (SELECT string_agg(concat_ws(' ', r.oid, r.xmin, " +
           rows_of("pg_attribute", "attrelid") + ", " + rows_of("pg_trigger", "tgrelid") + ", " +
           rows_of("pg_rewrite", "ev_class") + "), ', ' ORDER BY r.oid) FROM r))";
}

std::string sql::schema_fingerprint() {
    return "SELECT encode(sha256(convert_to(string_agg(column_name || ':' || data_type || ':' || ordinal_position, '|'"
           " ORDER BY table_name, ordinal_position) || E'\\n', 'UTF8')), 'hex'),"
           " string_agg(table_name || '.' || column_name || ':' || data_type, E'\\n' ORDER BY table_name, "
           "ordinal_position)"
           " FROM information_schema.columns WHERE table_schema = $1 AND table_name = ANY($2::text[])";
}

std::string sql::views() {
    return "SELECT c.relname, md5(pg_get_viewdef(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
           " WHERE n.nspname = $1 AND c.relname = ANY($2::text[]) AND c.relkind IN ('v', 'm') ORDER BY c.relname";
}

std::string sql::triggers() {
    return "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
           " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND NOT t.tgisinternal"
           " AND t.tgenabled IN ('O', 'A') AND t.tgname LIKE 'json\\_export\\_%'";
}

std::string sql::reset_modified(dataset const& d) const {
    return "UPDATE " + relation(d.table) + " d SET json_exported = FALSE FROM " + relation(d.dimension) +
           " x WHERE x." + q(d.key_column) + " = d." + q(d.key_column) +
           " AND x.modified AND d.json_exported AND ($1::text IS NULL OR " + newer_than_snapshot("x", "$1") + ")";
}

std::string sql::has_pending_rows(dataset const& d) const {
    return "SELECT EXISTS (SELECT FROM " + relation(d.table) + " WHERE json_exported IS NOT TRUE)";
}

std::string sql::pending_rows(dataset const& d, bool since_snapshot) const {
    std::string const t = relation(d.table);
    std::string const key = q(d.key_column);
    std::string const id = q(d.id_column);
    std::string const changed = since_snapshot ? " OR " + newer_than_snapshot("t", "$1") : "";
    return "WITH pending AS MATERIALIZED (SELECT t." + key + " AS key, t." + id +
           " AS id, t.xmin::text AS version, t.json_exported IS NOT TRUE AS pending FROM " + t +
           " t WHERE t.json_exported IS NOT TRUE" + changed + "), r AS (SELECT * FROM pending UNION ALL SELECT s." +
           key + ", s." + id + ", s.xmin::text, FALSE FROM " + t + " s WHERE s." + id +
           " IN (SELECT id FROM pending) AND s." + key +
           " NOT IN (SELECT key FROM pending))"
           " SELECT r.key, r.id, r.version, r.pending FROM r" +
           dimension_join(d) + " ORDER BY r.id, " + best_first(d);
}

std::string sql::all_rows(dataset const& d) const {
    return "SELECT t." + q(d.key_column) + ", t." + q(d.id_column) +
           ", t.xmin::text, t.json_exported IS NOT TRUE FROM " + relation(d.table) + " t";
}

// The index on ids answers this alone. In one statement with superseded_rows() the planner takes a third of all ids to
// be repeated, and reads both tables.
std::string sql::repeated_ids(dataset const& d) const {
    std::string const id = q(d.id_column);
    return "SELECT " + id + " FROM " + relation(d.table) + " WHERE " + id + " >= 1 GROUP BY " + id +
           " HAVING count(*) > 1";
}

std::string sql::superseded_rows(dataset const& d) const {
    return "SELECT key FROM (SELECT r.key, row_number() OVER (PARTITION BY r.id ORDER BY " + best_first(d) +
           ") AS n FROM (SELECT t." + q(d.key_column) + " AS key, t." + q(d.id_column) + " AS id FROM " +
           relation(d.table) + " t WHERE t." + q(d.id_column) + " = ANY($1::bigint[])) r" + dimension_join(d) +
           ") s WHERE n > 1";
}

std::string sql::ids(dataset const& d) const {
    return "SELECT DISTINCT " + q(d.id_column) + " FROM " + relation(d.table) + " WHERE " + q(d.id_column) + " >= 1";
}

std::string sql::existing_ids(dataset const& d) const {
    return "SELECT DISTINCT " + q(d.id_column) + " FROM " + relation(d.table) + " WHERE " + q(d.id_column) +
           " = ANY($1::bigint[])";
}

std::string sql::id_count(dataset const& d) const {
    return "SELECT count(DISTINCT " + q(d.id_column) + ") FROM " + relation(d.table) + " WHERE " + q(d.id_column) +
           " >= 1";
}

std::string sql::removals() const {
    return "SELECT seq, dataset, entity_id FROM " + relation("json_export_removals");
}

std::string sql::forget_removals() const {
    return "DELETE FROM " + relation("json_export_removals") + " WHERE seq = ANY($1::bigint[])";
}

std::string sql::prefer_indexes(bool yes) {
    return std::string{"SET LOCAL enable_seqscan = "} + (yes ? "off" : "on");
}

std::string sql::current_snapshot() {
    return "SELECT pg_current_snapshot()";
}

std::string sql::lookup_alias(std::size_t position) {
    return "l" + std::to_string(position);
}

std::string sql::database_identity() {
    return "SELECT oid::text || '/' || (SELECT system_identifier FROM pg_control_system()), $1::pg_snapshot IS NULL OR"
           " pg_snapshot_xmax(pg_current_snapshot()) >= pg_snapshot_xmax($1::pg_snapshot)"
           " FROM pg_database WHERE datname = current_database()";
}

std::string sql::profiles(dataset const& d, std::string const& from, select_list const& list) const {
    std::string joins;
    for (std::size_t i = 0; i < d.lookups.size(); ++i) {
        auto const& l = d.lookups[i];
        auto const alias = lookup_alias(i);
        joins += " LEFT JOIN " + relation(l.table) + ' ' + alias + " ON " + alias + '.' + q(l.key_column) + " = v." +
                 q(l.local_column);
    }
    return "SELECT v." + q(d.key_column) + ", v." + q(d.name_column) + list.text() + " FROM " + relation(from) + " v" +
           joins + " WHERE v." + q(d.key_column) + " = ANY($1::bigint[])" + list.types();
}

std::string sql::index_entries(dataset const& d, select_list const& list, bool with_order) const {
    std::string order;
    std::string values;
    for (auto const& column : d.index_order) {
        if (with_order)
            values += ", i." + q(column) + "::text";
        order += "i." + q(column) + " DESC NULLS LAST, ";
    }
    std::string const key = "i." + q(d.key_column);
    std::string const id = "i." + q(d.id_column);
    return "SELECT " + key + ", " + id + values + list.text() + " FROM " + relation(d.table) + " i WHERE " + id +
           " >= 1 ORDER BY " + order + id + ", " + key + list.types();
}

std::string sql::index_entries_of_ids(dataset const& d, select_list const& list) const {
    std::string const key = "i." + q(d.key_column);
    std::string const id = "i." + q(d.id_column);
    return "SELECT DISTINCT ON (" + id + ") " + key + ", " + id + list.text() + " FROM " + relation(d.table) + " i" +
           dimension_join(d, key) + " WHERE " + id + " = ANY($1::bigint[]) AND " + id + " >= 1 ORDER BY " + id + ", " +
           best_first(d, key) + list.types();
}

std::string sql::row_document(document const& d) const {
    std::string list;
    for (auto const& column : d.columns)
        list += (list.empty() ? "" : ", ") + q(column);
    return "SELECT row_to_json(t)::text FROM (SELECT " + (list.empty() ? "*" : list) + " FROM " + relation(d.table) +
           " WHERE " + q(d.key_column) + " = $1) t";
}

// A row that somebody holds locked is about to change: it is left as it is rather than waited for, so that marking
// neither hangs behind an open transaction nor deadlocks with it.
std::string sql::set_flag(dataset const& d, bool exported) const {
    std::string const t = relation(d.table);
    std::string const key = q(d.key_column);
    std::string const value = exported ? "TRUE" : "FALSE";
    return "WITH locked AS MATERIALIZED (SELECT d." + key + " AS key FROM " + t +
           " d JOIN unnest($1::bigint[], $2::xid[]) AS r(key, version) ON d." + key +
           " = r.key WHERE d.xmin = r.version AND d.json_exported IS NOT " + value + " ORDER BY d." + key +
           " FOR NO KEY UPDATE OF d SKIP LOCKED) UPDATE " + t + " d SET json_exported = " + value +
           " FROM locked WHERE d." + key + " = locked.key";
}

std::string sql::mark(dataset const& d) const {
    return set_flag(d, true);
}

std::string sql::flag(dataset const& d) const {
    return set_flag(d, false) + " RETURNING locked.key, pg_current_xact_id()::xid::text";
}

std::string sql::state() const {
    return "SELECT generation, full_requested_at FROM " + relation("json_export_state");
}

std::string sql::publish_state() const {
    return "UPDATE " + relation("json_export_state") +
           " SET generation = $1::bigint, published_at = now(), full_requested_at ="
           " CASE WHEN full_requested_at = $2::timestamptz THEN NULL ELSE full_requested_at END";
}

std::string sql::insert_run() const {
    return "INSERT INTO " + relation("json_export_runs") +
           " (started_at, finished_at, mode, reason, result, generation, users_exported, countries_exported, "
           "files_written,"
           " files_unchanged, files_removed, rows_marked, mark_conflicts, quarantined, bytes_written, duration_ms, "
           "phases,"
           " error, host, pid, version) VALUES (to_timestamp($1::float8), to_timestamp($2::float8), $3, $4, $5,"
           " $6::bigint, $7::int, $8::int, $9::int, $10::int, $11::int, $12::int, $13::int, $14::int, $15::bigint,"
           " $16::float8, $17::jsonb, $18, $19, $20::int, $21)";
}

// The index on finished_at answers all three parts.
std::string sql::forget_runs() const {
    std::string const t = relation("json_export_runs");
    return "DELETE FROM " + t + " WHERE run_id IN (SELECT run_id FROM " + t +
           " WHERE finished_at < least(now(), to_timestamp($1::float8)) - $2::float8 * interval '1 second'"
           " AND run_id IS DISTINCT FROM (SELECT run_id FROM " +
           t + " WHERE result = 'success' ORDER BY finished_at DESC LIMIT 1) ORDER BY finished_at LIMIT $3::int)";
}

std::string sql::last_success() const {
    return "SELECT to_char(finished_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
           " greatest(0, extract(epoch FROM now() - finished_at))::bigint FROM " +
           relation("json_export_runs") + " WHERE result = 'success' ORDER BY finished_at DESC LIMIT 1";
}

std::string sql::recent_runs() const {
    return "SELECT to_char(finished_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), mode, result, reason, coalesce(error, ''),"
           " users_exported + countries_exported, files_written, files_removed, quarantined, bytes_written,"
           " duration_ms FROM " +
           relation("json_export_runs") + " ORDER BY run_id DESC LIMIT $1::int";
}

std::string sql::counts(dataset const& d) const {
    std::string const t = relation(d.table);
    return "SELECT (SELECT count(DISTINCT " + q(d.id_column) + ") FROM " + t + " WHERE " + q(d.id_column) +
           " >= 1), (SELECT count(*) FROM " + t + " t WHERE t.json_exported IS NOT TRUE AND t." + q(d.id_column) +
           " >= 1 AND NOT EXISTS (SELECT FROM unnest($1::bigint[], $2::xid[]) AS r(key, version) WHERE r.key = t." +
           q(d.key_column) + " AND r.version = t.xmin))";
}

std::string sql::plan_once() {
    return "SET LOCAL plan_cache_mode = force_generic_plan";
}

std::string sql::export_snapshot() {
    return "SELECT pg_export_snapshot()";
}

std::string sql::import_snapshot(std::string_view snapshot) {
    return "SET TRANSACTION SNAPSHOT " + pg::quote_literal(snapshot);
}

} // namespace notes_export
