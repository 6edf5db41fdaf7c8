#include "source/sql.hpp"

#include "pg/quote.hpp"

#include <algorithm>

namespace notes_export {

namespace {

std::string q(std::string_view name) {
    return pg::quote_identifier(name);
}

// Version 3 of install.sql has one column for all datasets. Runs of a program or version before it have one for each.
std::string exported_by_run(std::vector<std::string> const& columns) {
    std::string sum = "0::bigint";
    for (auto const& name : columns)
        if (name.ends_with(run_columns::exported_suffix))
            sum += " + greatest(0, " + q(name) + ")";
    if (std::ranges::find(columns, run_columns::datasets) == columns.end())
        return sum;
    return "CASE WHEN datasets = '{}' THEN " + sum +
           " ELSE (SELECT least(coalesce(sum(trunc((c.exported #>> '{}')::numeric)), 0), 1e15)::bigint"
           " FROM jsonb_path_query(datasets, '$.*.exported ? (@ >= 0 && @ <= 1e15)') AS c (exported)) END";
}

// No dataset has this name. The table's owner alone can add lines with reasons of his own.
constexpr char const* allows_a_shrink = "dataset = '*' AND reason = 'shrink allowed'";
// By one clock; what is of a time to come is of a clock that was wrong.
constexpr char const* time_allowed =
    "(CASE WHEN isfinite(logged_at) AND logged_at > now() - interval '1 day' AND logged_at < now() + interval '1 day'"
    " THEN (extract(epoch FROM logged_at) * 1000000)::bigint ELSE 0 END)";

std::string array_element(std::string_view text) {
    std::string quoted = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\')
            quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

} // namespace

std::string name_array(std::vector<std::string> const& names) {
    std::string text = "{";
    for (auto const& name : names)
        text += (text.size() > 1 ? "," : "") + array_element(name);
    return text + '}';
}

std::vector<std::string> sql::tables() const {
    std::vector<std::string> names;
    for (auto const& d : m_datasets)
        names.push_back(d.table);
    return names;
}

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
    return (d.current_column.empty() ? "" : "(x." + q(d.current_column) + " IS TRUE) DESC, ") + key +
           " DESC NULLS LAST";
}

// Asked for by people's transactions, TRUNCATE and ALTER TABLE ask for more: whoever is in the middle of one is waited
// for, and what they did is seen whole.
std::string sql::lock_for_reading(std::vector<std::string> const& relations) const {
    std::string list;
    for (auto const& name : relations)
        list += (list.empty() ? "" : ", ") + relation(name);
    return "LOCK TABLE " + list + " IN ACCESS SHARE MODE";
}

std::string sql::lock_blockers(std::vector<std::string> const& relations) const {
    std::string list;
    for (auto const& name : relations)
        list += (list.empty() ? "" : ", ") + pg::quote_literal(relation(name)) + "::text";
    return "SELECT DISTINCT l.pid, coalesce(a.usename::text, '?'), coalesce(a.application_name, ''),"
           " coalesce(a.state, 'state unknown') || coalesce(' since ' || to_char(a.state_change, 'HH24:MI:SS'), '')"
           " FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)"
           " WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()"
           " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
           " AND l.relation IN (SELECT to_regclass(name) FROM unnest(ARRAY[" +
           list + "]) AS name) ORDER BY l.pid";
}

std::string sql::log() const {
    return "SELECT line, dataset, key, entity_id, reason, CASE WHEN " + std::string{allows_a_shrink} + " THEN " +
           time_allowed + " END FROM " + relation("json_export_log") +
           " WHERE dataset IS NULL OR dataset = '*' OR dataset = ANY($1::text[])";
}

std::string sql::shrink_allowed() const {
    return std::string{"SELECT coalesce(max("} + time_allowed + "), 0) FROM " + relation("json_export_log") +
           " WHERE " + allows_a_shrink;
}

std::string sql::forget_log_of_others() const {
    return "DELETE FROM " + relation("json_export_log") + " WHERE dataset <> '*' AND dataset <> ALL($1::text[])";
}

std::string sql::names_in_log() const {
    std::vector<std::string> names;
    for (auto const& d : m_datasets)
        names.insert(names.end(), {d.name, d.table});
    return name_array(names);
}

std::string sql::forget_log() const {
    return "DELETE FROM " + relation("json_export_log") + " WHERE line = ANY($1::bigint[])";
}

std::string sql::has_pending_rows(dataset const& d) const {
    return "SELECT EXISTS (SELECT FROM " + relation(d.table) + " WHERE json_exported IS NOT TRUE)";
}

std::string sql::pending_rows(dataset const& d) const {
    return all_rows(d, true) + " WHERE t.json_exported IS NOT TRUE";
}

std::string sql::listed_columns(dataset const& d, bool versions) {
    return "t." + q(d.key_column) + " AS key, t." + q(d.id_column) + " AS id, " +
           (versions ? "t.xmin::text AS version, t.json_exported IS NOT TRUE AS pending"
                     : "'0' AS version, FALSE AS pending");
}

std::string sql::all_rows(dataset const& d, bool versions) const {
    return "SELECT " + listed_columns(d, versions) + " FROM " + relation(d.table) + " t";
}

// See entity_path::directory_number().
std::string sql::rows_by_directory(dataset const& d, bool versions) const {
    std::string const id = "t." + q(d.id_column);
    std::string number = "0::bigint";
    entity_path const layout{d.path};
    for (int const shift : layout.digit_shifts()) {
        number.insert(0, "(").append(" << 4 | (");
        number.append(id).append(" >> ").append(std::to_string(shift)).append(" & 15))");
    }
    return "SELECT r.key, r.id, r.version, r.pending FROM (SELECT " + listed_columns(d, versions) + ", " + number +
           " AS directory FROM " + relation(d.table) + " t WHERE " + id +
           " >= 1) r WHERE (r.directory, r.id) > ($1::bigint, $2::bigint) ORDER BY r.directory, r.id, r.key";
}

std::string sql::all_rows_of_ids(dataset const& d, bool versions) const {
    return all_rows(d, versions) + " WHERE t." + q(d.id_column) + " = ANY($1::bigint[]) ORDER BY id, key";
}

std::string sql::some_pending_ids(dataset const& d) const {
    return "SELECT t." + q(d.id_column) + " FROM " + relation(d.table) +
           " t WHERE t.json_exported IS NOT TRUE LIMIT $1::int";
}

std::string sql::repeated_keys(dataset const& d) const {
    std::string const key = "t." + q(d.key_column);
    return "SELECT " + key + ", count(*) FROM " + relation(d.table) + " t WHERE " + key + " IS NOT NULL GROUP BY " +
           key + " HAVING count(*) > 1 ORDER BY " + key + " LIMIT $1::int";
}

// The index on ids answers this alone. In one statement with rows_of_ids() the planner takes a third of all ids to be
// repeated, and reads both tables.
std::string sql::repeated_ids(dataset const& d) const {
    std::string const id = q(d.id_column);
    return "SELECT " + id + " FROM " + relation(d.table) + " WHERE " + id + " >= 1 GROUP BY " + id +
           " HAVING count(*) > 1";
}

std::string sql::rows_of_ids(dataset const& d) const {
    return "SELECT r.key, r.id FROM (SELECT t." + q(d.key_column) + " AS key, t." + q(d.id_column) + " AS id FROM " +
           relation(d.table) + " t WHERE t." + q(d.id_column) + " = ANY($1::bigint[])) r" + dimension_join(d) +
           " ORDER BY r.id, " + best_first(d);
}

std::string sql::rows_of_keys(dataset const& d) const {
    return "SELECT t." + q(d.key_column) + ", t." + q(d.id_column) +
           ", t.xmin::text, t.json_exported IS NOT TRUE FROM " + relation(d.table) + " t WHERE t." + q(d.key_column) +
           " = ANY($1::bigint[])";
}

std::string sql::ids(dataset const& d) const {
    return "SELECT DISTINCT " + q(d.id_column) + " FROM " + relation(d.table) + " WHERE " + q(d.id_column) + " >= 1";
}

std::string sql::prefer_indexes(bool yes) {
    return std::string{"SET LOCAL enable_seqscan = "} + (yes ? "off" : "on");
}

std::string sql::lookup_alias(std::size_t position) {
    return "l" + std::to_string(position);
}

// The timeline is the first part of a log file's name. It is another one after a failover or a restore in time.
std::string sql::database_identity() {
    return "SELECT concat_ws('/', d.oid, c.system_identifier, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))"
           " FROM pg_database d, pg_control_system() c WHERE d.datname = current_database()";
}

std::string sql::profiles(dataset const& d, std::string const& from, select_list const& list) const {
    std::string joins;
    for (std::size_t i = 0; i < d.lookups.size(); ++i) {
        auto const& l = d.lookups[i];
        auto const alias = lookup_alias(i);
        joins.append(" LEFT JOIN ").append(relation(l.table)).append(" ").append(alias);
        joins.append(" ON ").append(alias).append(".").append(q(l.key_column));
        joins.append(" = v.").append(q(l.local_column));
    }
    return "SELECT v." + q(d.key_column) + ", v." + q(d.id_column) + ", v." + q(d.name_column) + list.text() +
           " FROM " + relation(from) + " v" + joins + " WHERE v." + q(d.key_column) + " = ANY($1::bigint[])" +
           list.types();
}

std::string sql::index_entries(dataset const& d, select_list const& list, bool with_order) const {
    std::string order;
    std::string values;
    for (auto const& column : d.index_order) {
        if (with_order)
            values += ", i." + q(column) + "::text";
        order += "i." + q(column) + (d.is_ascending(column) ? " ASC NULLS LAST, " : " DESC NULLS LAST, ");
    }
    std::string const key = "i." + q(d.key_column);
    std::string const id = "i." + q(d.id_column);
    return "SELECT " + key + ", " + id + values + list.text() + " FROM " + relation(d.table) + " i WHERE " + id +
           " >= 1 AND " + id + " <> ALL($1::bigint[]) ORDER BY " + order + id + ", " + key + list.types();
}

std::string sql::index_entries_of_ids(dataset const& d, select_list const& list) const {
    std::string const key = "i." + q(d.key_column);
    std::string const id = "i." + q(d.id_column);
    return "SELECT " + key + ", " + id + list.text() + " FROM " + relation(d.table) + " i" + dimension_join(d, key) +
           " WHERE " + id + " = ANY($1::bigint[]) AND " + id + " >= 1 ORDER BY " + id + ", " + best_first(d, key) +
           list.types();
}

// t.* is the row, also where a column is named as the alias is. That there are two is seen with two.
std::string sql::row_document(document const& d) const {
    std::string list;
    for (auto const& column : d.columns)
        list += (list.empty() ? "" : ", ") + q(column);
    return "SELECT row_to_json(t.*)::text FROM (SELECT " + (list.empty() ? "*" : list) + " FROM " + relation(d.table) +
           " WHERE " + q(d.key_column) + " = $1 LIMIT 2) t";
}

// A row that somebody holds locked is about to change: it is left as it is rather than waited for, so that marking
// neither hangs behind an open transaction nor deadlocks with it.
std::string sql::set_flag(dataset const& d, bool exported, std::string_view also) const {
    std::string const t = relation(d.table);
    std::string const key = q(d.key_column);
    std::string const id = q(d.id_column);
    std::string const value = exported ? "TRUE" : "FALSE";
    return "WITH locked AS MATERIALIZED (SELECT d." + key + " AS key, d.ctid AS place" + std::string{also} + " FROM " +
           t + " d JOIN unnest($1::bigint[], $2::xid[], $3::bigint[]) AS r(key, version, id) ON d." + key +
           " = r.key WHERE d.xmin = r.version AND coalesce(d." + id + ", 0) = r.id AND d.json_exported IS NOT " +
           value + " ORDER BY d." + key + " FOR NO KEY UPDATE OF d SKIP LOCKED) UPDATE " + t +
           " d SET json_exported = " + value + " FROM locked WHERE d." + key +
           " = locked.key AND d.ctid = locked.place";
}

std::string sql::mark(dataset const& d) const {
    return set_flag(d, true, "");
}

// As text, in which json and what else has no equality can be compared.
std::string sql::mark_and_compare(dataset const& d) const {
    return "WITH marked AS (" + set_flag(d, true, ", to_jsonb(d.*) AS before") + " RETURNING d." + q(d.key_column) +
           " AS key, d." + q(d.id_column) +
           " AS id, (to_jsonb(d.*) - 'json_exported')::text IS DISTINCT FROM (locked.before - 'json_exported')::text"
           " AS changed) SELECT key, id, changed FROM marked";
}

std::string sql::flag(dataset const& d) const {
    return set_flag(d, false, ", coalesce(d." + q(d.id_column) + ", 0) AS id") +
           " RETURNING locked.key, locked.id, pg_current_xact_id()::xid::text";
}

std::string sql::state() const {
    return "SELECT generation, install_version FROM " + relation("json_export_state");
}

std::string sql::publish_state() const {
    std::string const t = relation("json_export_state");
    return "UPDATE " + t + " SET generation = $1::bigint, published_at = now() WHERE ctid = (SELECT ctid FROM " + t +
           " LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)";
}

std::string sql::insert_state() const {
    return "INSERT INTO " + relation("json_export_state") +
           " (generation, published_at, install_version) VALUES ($1::bigint, now(), 0) ON CONFLICT DO NOTHING";
}

// Each value has the type of its column.
std::string sql::insert_run(std::vector<std::string> const& further_columns) const {
    constexpr std::size_t common = 19;
    std::string columns;
    std::string values;
    for (std::size_t i = 0; i < further_columns.size(); ++i) {
        columns += ", " + q(further_columns[i]);
        values += ", $" + std::to_string(common + i + 1);
    }
    return "INSERT INTO " + relation("json_export_runs") +
           " (started_at, finished_at, mode, reason, result, generation, files_written, files_unchanged, files_removed,"
           " rows_marked, mark_conflicts, quarantined, bytes_written, duration_ms, phases, error, host, pid, version" +
           columns +
           ") VALUES (to_timestamp($1::float8), to_timestamp($2::float8), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
           " $13, $14, $15, $16, $17, $18, $19" +
           values + ')';
}

// The indexes on finished_at and on run_id answer all parts.
std::string sql::forget_runs() const {
    std::string const t = relation("json_export_runs");
    return "DELETE FROM " + t + " WHERE run_id IN (SELECT run_id FROM " + t +
           " WHERE finished_at < least(now(), to_timestamp($1::float8)) - $2::float8 * interval '1 second'"
           " AND run_id IS DISTINCT FROM (SELECT run_id FROM " +
           t + " WHERE result = 'success' ORDER BY run_id DESC LIMIT 1) ORDER BY finished_at LIMIT $3::int)";
}

std::string sql::last_success() const {
    return "SELECT to_char(finished_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
           " greatest(0, extract(epoch FROM now() - finished_at))::bigint FROM " +
           relation("json_export_runs") + " WHERE result = 'success' AND isfinite(finished_at)" +
           " ORDER BY run_id DESC LIMIT 1";
}

// The table is its owner's, who may have edited it: what is NULL, negative or no number counts as 0.
std::string sql::recent_runs(std::vector<std::string> const& columns) const {
    return "SELECT to_char(finished_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), mode, result, reason, error, " +
           exported_by_run(columns) +
           ", greatest(0, files_written), greatest(0, files_removed), greatest(0, quarantined),"
           " greatest(0, bytes_written),"
           " CASE WHEN duration_ms BETWEEN 0 AND 1e15 THEN round(duration_ms * 1000)::bigint ELSE 0 END FROM " +
           relation("json_export_runs") + " ORDER BY run_id DESC LIMIT $1::int";
}

std::string sql::counts(dataset const& d) const {
    std::string const t = relation(d.table);
    std::string const id = q(d.id_column);
    return "SELECT (SELECT count(*) FROM (SELECT FROM " + t + " WHERE " + id + " >= 1 GROUP BY " + id +
           ") AS ids), (SELECT count(*) FROM " + t + " t WHERE t.json_exported IS NOT TRUE AND t." + id +
           " >= 1 AND NOT EXISTS (SELECT FROM unnest($1::bigint[], $2::xid[], $3::bigint[]) AS r(key, version, id)"
           " WHERE r.key = t." +
           q(d.key_column) + " AND r.version = t.xmin AND r.id = t." + id + ") AND t." + q(d.key_column) +
           " IS NOT NULL)"; // what has no key is left out, and never marked
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
