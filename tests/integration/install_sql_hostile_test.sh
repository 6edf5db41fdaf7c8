#!/bin/bash
#
# sql/install.sql and sql/uninstall.sql, run by a superuser, against roles that prepare objects for it: a plain role that may
# create in the schema, one that may add triggers, and the owner of the tables, which here is the role of the ETL.
#
#   PGHOST=DIR PGUSER=postgres tests/integration/install_sql_hostile_test.sh
#
# As install_sql_test.sh. INSTALL and UNINSTALL name other files to be tried.

set -uo pipefail

readonly EXPECTED_CHECKS=141

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly plain=install_sql_plain_$$
readonly owner=install_sql_owner_$$
readonly clean_db=install_sql_clean_$$
readonly installed_db=install_sql_installed_$$
readonly db=install_sql_hostile_$$
readonly databases=("$clean_db" "$installed_db" "$db")
readonly roles=("$owner" "$plain")

# shellcheck source=tests/integration/install_sql_support.sh
source "$root/tests/integration/install_sql_support.sh"

# What hostile code does when a superuser's session runs it, whatever role that has just set. The preparations here are made in
# sessions of a superuser as well, so it looks whose session it is.
readonly TAKE_OVER="IF pg_catalog.current_setting(\$\$application_name\$\$) = \$\$installer\$\$ THEN
    RESET ROLE; ALTER ROLE $plain SUPERUSER; ALTER ROLE $owner SUPERUSER; END IF"
readonly EVIL_TRIGGER="CREATE FUNCTION dwh.evil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN $TAKE_OVER; RETURN NEW; END'"
readonly EVIL_FUNCTION="CREATE FUNCTION dwh.take_over() RETURNS void LANGUAGE plpgsql AS 'BEGIN $TAKE_OVER; END';
    CREATE FUNCTION dwh.evil_check(anyelement) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM dwh.take_over(); RETURN true; END'"

fresh() {
    PGDATABASE=$admin_db setup "DROP DATABASE IF EXISTS $db WITH (FORCE)" "CREATE DATABASE $db TEMPLATE $1"
}

taken_over() {
    q "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolsuper AND rolname IN ('$plain', '$owner')"
}

# Definitions of everything in the schema: equal before and after means that nothing was touched.
everything() {
    q "SELECT md5(string_agg(d, ';' ORDER BY d)) FROM (
            SELECT oid || relname || relowner || coalesce(relacl::text, '') || relnatts FROM pg_class WHERE relnamespace = 'dwh'::regnamespace
            UNION ALL SELECT oid || proname || proowner || prosrc || coalesce(proacl::text, '') FROM pg_proc WHERE pronamespace = 'dwh'::regnamespace
            UNION ALL SELECT oid || tgname || tgenabled::text || xmin::text FROM pg_trigger
            UNION ALL SELECT oid || typname || typowner FROM pg_type WHERE typnamespace = 'dwh'::regnamespace) AS x (d)"
}

# refused NAME OBJECT TEMPLATE ROLE STATEMENT...: what ROLE made is refused with the object's name, and all stays as it was.
refused() {
    local name=$1 object=$2 template=$3 role=$4 before answer made
    shift 4
    fresh "$template"
    made=$(as "$role" "$@" 2>&1)
    [[ $made != *ERROR* ]] || bail_out "$name: $made"
    before=$(everything)
    answer=$(PGAPPNAME=installer install)
    contains "$name: refused by name" "$object" "$answer"
    ok "$name: nothing is touched, nobody becomes a superuser" "$before" "$(taken_over)$(everything)"
    setup "ALTER ROLE $plain NOSUPERUSER" "ALTER ROLE $owner NOSUPERUSER"
}

prepared() {
    refused "$1" "$2" "$clean_db" "$plain" "${@:3}"
}

changed() {
    refused "$1" "$2" "$installed_db" "$owner" "${@:3}"
}

make_templates() {
    export PGDATABASE=$clean_db
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" || bail_out "datamart.sql failed"
    fill
    setup "DROP VIEW dwh.datamartusers_export" "GRANT CREATE, USAGE ON SCHEMA dwh TO $owner, $plain"
    local table
    for table in datamartusers datamartcountries datamartglobal contributor_types dimension_users dimension_countries \
        dimension_experience_levels; do
        setup "ALTER TABLE dwh.$table OWNER TO $owner"
    done
    PGDATABASE=$admin_db setup "DROP DATABASE $installed_db" "CREATE DATABASE $installed_db TEMPLATE $clean_db"
    export PGDATABASE=$installed_db
    ok "a superuser can install it for the owner of the tables" "osm-notes-exportd: $installed in schema dwh" "$(PGAPPNAME=installer install)"
    ok "to whom everything belongs then" "$owner" "$(
        q "SELECT string_agg(DISTINCT o::regrole::text, ' ') FROM (
               SELECT relowner FROM pg_class WHERE relname LIKE 'json\_export\_%'
               UNION SELECT proowner FROM pg_proc WHERE proname LIKE '%json\_export%') AS x (o)")"
    export PGDATABASE=$db
}

check_prepared_objects() {
    prepared "a table with a trigger" "table dwh.json_export_state of $plain" "$EVIL_TRIGGER" \
        "CREATE TABLE dwh.json_export_state (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), generation bigint NOT NULL DEFAULT 0, published_at timestamptz, full_requested_at timestamptz, install_version int NOT NULL)" \
        "CREATE TRIGGER t BEFORE INSERT ON dwh.json_export_state FOR EACH ROW EXECUTE FUNCTION dwh.evil()" \
        "COMMENT ON TABLE dwh.json_export_state IS 'osm-notes-exportd: mine'"
    prepared "a table that is a view" "view dwh.json_export_log of $plain" \
        "CREATE VIEW dwh.json_export_log AS SELECT 1 AS line, ''::text AS dataset" \
        "CREATE RULE r AS ON INSERT TO dwh.json_export_log DO INSTEAD SELECT 1"
    prepared "a view" "view dwh.json_export_status of $plain" "CREATE VIEW dwh.json_export_status AS SELECT 1"
    prepared "a materialized view" "relation dwh.json_export_runs of $plain" "CREATE MATERIALIZED VIEW dwh.json_export_runs AS SELECT 1"
    prepared "a partitioned table" "relation dwh.json_export_runs of $plain" "CREATE TABLE dwh.json_export_runs (i int) PARTITION BY LIST (i)"
    prepared "a sequence" "sequence dwh.json_export_log_seq_seq of $plain" "CREATE SEQUENCE dwh.json_export_log_seq_seq"
    prepared "an index of another table" "index dwh.json_export_users_pending of $plain" "CREATE TABLE dwh.t (i int)" "CREATE INDEX json_export_users_pending ON dwh.t (i)"
    prepared "a composite type" "relation dwh.json_export_log of $plain" "CREATE TYPE dwh.json_export_log AS (i int)"
    prepared "an enum type" "type dwh.json_export_state" "CREATE TYPE dwh.json_export_state AS ENUM ('a')"
    prepared "a domain" "type dwh.json_export_runs" "$EVIL_FUNCTION" "CREATE DOMAIN dwh.json_export_runs AS int CHECK (dwh.evil_check(VALUE))"
    prepared "a collation" "collation dwh.json_export_c" "CREATE COLLATION dwh.json_export_c FROM \"C\""
    prepared "statistics" "statistics object dwh.json_export_s" "CREATE TABLE dwh.t (i int, j int)" "CREATE STATISTICS dwh.json_export_s ON i, j FROM dwh.t"
    prepared "a trigger function" "function dwh.json_export_set_pending() of $plain" \
        "CREATE FUNCTION dwh.json_export_set_pending() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    prepared "a function with another signature" "function dwh.json_export_truncated(integer) of $plain" \
        "CREATE FUNCTION dwh.json_export_truncated(int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
    prepared "the function for operators" "function dwh.request_json_export(boolean) of $plain" \
        "CREATE FUNCTION dwh.request_json_export(boolean DEFAULT false) RETURNS void LANGUAGE sql AS ''"
    prepared "a SECURITY DEFINER function" "function dwh.json_export_evil(text) of $plain" \
        "CREATE FUNCTION dwh.json_export_evil(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE q; END'" \
        "COMMENT ON FUNCTION dwh.json_export_evil(text) IS 'osm-notes-exportd: part of install.sql'"
    prepared "a procedure" "function dwh.json_export_p() of $plain" "CREATE PROCEDURE dwh.json_export_p() LANGUAGE sql AS ''"
    prepared "an aggregate" "function dwh.json_export_a(integer) of $plain" "CREATE AGGREGATE dwh.json_export_a (int) (SFUNC = int4pl, STYPE = int)"
}

check_other_hostilities() {
    fresh "$clean_db"
    as "$plain" "CREATE FUNCTION dwh.differs(name, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN $TAKE_OVER; RETURN true; END'" \
        "CREATE OPERATOR dwh.<> (LEFTARG = name, RIGHTARG = text, FUNCTION = dwh.differs)" \
        "CREATE FUNCTION dwh.format(text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN $TAKE_OVER; RETURN NULL; END'" \
        "CREATE FUNCTION dwh.to_regrole(text) RETURNS regrole LANGUAGE plpgsql AS 'BEGIN $TAKE_OVER; RETURN NULL; END'" \
        "CREATE FUNCTION dwh.now() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN $TAKE_OVER; RETURN NULL; END'" >/dev/null
    PGDATABASE=$admin_db setup "ALTER DATABASE $db SET search_path = dwh, pg_catalog" "ALTER DATABASE $db SET default_transaction_isolation = serializable" \
        "ALTER DATABASE $db SET standard_conforming_strings = off" "ALTER DATABASE $db SET quote_all_identifiers = on" "ALTER DATABASE $db SET default_transaction_read_only = on"
    contains "operators and functions of others, and settings of the database, do not matter" "$installed" "$(PGAPPNAME=installer install)"
    ok "and nobody became a superuser" "" "$(taken_over)"
    contains "nor for uninstall.sql" "nothing is installed in schema dwh" "$(PGAPPNAME=installer uninstall)"
    ok "which makes nobody a superuser either" "" "$(taken_over)"
    PGAPPNAME=installer install >/dev/null
    contains "also in a second run" "$installed" "$(PGAPPNAME=installer install)"
    ok "which finds all in its place" 1 "$(q "SELECT count(*) FROM dwh.json_export_log")"

    refused "a trigger by somebody with the right to add some" "trigger json_export_changed on dwh.datamartusers, which calls dwh.evil()" \
        "$clean_db" "$owner" "$EVIL_TRIGGER" "GRANT TRIGGER ON dwh.datamartusers TO $plain" \
        "CREATE TRIGGER json_export_changed BEFORE UPDATE ON dwh.datamartusers FOR EACH ROW EXECUTE FUNCTION dwh.evil()"
    fresh "$clean_db"
    setup "CREATE TABLE dwh.other (i int)" "ALTER TABLE dwh.other OWNER TO $plain"
    as "$owner" "$EVIL_TRIGGER" "CREATE TRIGGER aaa BEFORE INSERT OR UPDATE OR DELETE ON dwh.datamartusers FOR EACH ROW EXECUTE FUNCTION dwh.evil()" \
        "CREATE TRIGGER aaa AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON dwh.datamartusers FOR EACH STATEMENT EXECUTE FUNCTION dwh.evil()" >/dev/null
    contains "triggers of the owner on its own tables do not run" "$installed" "$(PGAPPNAME=installer install)"
    ok "so they take nothing over" "" "$(taken_over)"

    fresh "$clean_db"
    as "$plain" "CREATE VIEW dwh.datamartusers_export AS SELECT 1 AS user_id" >/dev/null
    answer=$(PGAPPNAME=installer install)
    contains "an export view of somebody else is named" "\"datamartusers_export\" belongs to $plain, not to $owner" "$answer"
    contains "and does not stop the rest" "$installed" "$answer"
    ok "nor is it changed, or read" "$plain f" "$(q "SELECT relowner::regrole, coalesce(relacl::text LIKE '%exporter%', false) FROM pg_class WHERE relname = 'datamartusers_export'" | tr '|' ' ')"

    fresh "$clean_db"
    setup "ALTER TABLE dwh.dimension_users OWNER TO $plain"
    contains "tables of two owners are refused" "\"dwh\".\"dimension_users\" belongs to $plain, but \"dwh\".\"datamartusers\" to $owner" "$(PGAPPNAME=installer install)"
    setup "ALTER TABLE dwh.dimension_users OWNER TO $owner" "REVOKE CREATE ON SCHEMA dwh FROM $owner"
    contains "an owner who may not create in the schema too" "GRANT USAGE, CREATE ON SCHEMA dwh TO $owner" "$(PGAPPNAME=installer install)"
    setup "GRANT CREATE ON SCHEMA dwh TO $owner" "ALTER TABLE dwh.contributor_types RENAME TO names" "CREATE VIEW dwh.contributor_types AS SELECT * FROM dwh.names" \
        "ALTER VIEW dwh.contributor_types OWNER TO $owner"
    contains "a view in the place of a table of names gives a warning" "changes are not seen by triggers" "$(PGAPPNAME=installer install)"
    setup "ALTER TABLE dwh.datamartcountries RENAME TO kept" "CREATE VIEW dwh.datamartcountries AS SELECT * FROM dwh.kept" "ALTER VIEW dwh.datamartcountries OWNER TO $owner"
    contains "one in the place of a datamart table is refused" "\"dwh\".\"datamartcountries\" is not a table of this database" "$(PGAPPNAME=installer install)"
}

check_changed_by_the_owner() {
    local log=dwh.json_export_log state=dwh.json_export_state
    changed "a row trigger" "trigger t on $state" "$EVIL_TRIGGER" "CREATE TRIGGER t BEFORE INSERT OR UPDATE ON $state FOR EACH ROW EXECUTE FUNCTION dwh.evil()" "DELETE FROM $state"
    changed "a statement trigger" "trigger t on $log" "$EVIL_TRIGGER" "CREATE TRIGGER t AFTER INSERT ON $log FOR EACH STATEMENT EXECUTE FUNCTION dwh.evil()" "ALTER TABLE dwh.datamartusers DISABLE TRIGGER ALL"
    changed "a trigger that is always on" "trigger t on $state" "$EVIL_TRIGGER" "CREATE TRIGGER t BEFORE UPDATE ON $state EXECUTE FUNCTION dwh.evil()" "ALTER TABLE $state ENABLE ALWAYS TRIGGER t"
    changed "a rule" "rule r on $log" "CREATE RULE r AS ON INSERT TO $log DO ALSO DELETE FROM dwh.datamartusers"
    changed "a policy" "policy p on $state" "$EVIL_FUNCTION" "CREATE POLICY p ON $state USING (dwh.evil_check(generation))" "ALTER TABLE $state ENABLE ROW LEVEL SECURITY" "ALTER TABLE $state FORCE ROW LEVEL SECURITY"
    changed "row security" "row security of $log" "ALTER TABLE $log ENABLE ROW LEVEL SECURITY"
    changed "an index with an expression" "index dwh.evil_index on $log" "$EVIL_FUNCTION" "CREATE INDEX evil_index ON $log (dwh.evil_check(line))"
    changed "an index with a condition" "index dwh.evil_index on $state" "$EVIL_FUNCTION" "CREATE INDEX evil_index ON $state (generation) WHERE dwh.evil_check(generation)"
    changed "a constraint" "constraints of $log" "$EVIL_FUNCTION" "DELETE FROM $log" "ALTER TABLE $log ADD CHECK (dwh.evil_check(line))"
    changed "a constraint not validated" "constraints of $state" "$EVIL_FUNCTION" "ALTER TABLE $state ADD CHECK (dwh.evil_check(generation)) NOT VALID"
    changed "a default" "constraints of $log" "$EVIL_FUNCTION" "ALTER TABLE $log ALTER dataset SET DEFAULT dwh.evil_check(1)::text"
    changed "a default that looks the same" "constraints of $log" "CREATE FUNCTION dwh.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN $TAKE_OVER; RETURN now(); END'" \
        "ALTER TABLE $log ALTER logged_at SET DEFAULT dwh.clock_timestamp()"
    changed "a column of a domain" "constraints of $log" "$EVIL_FUNCTION" "CREATE DOMAIN dwh.text AS text" "DELETE FROM $log" "ALTER TABLE $log ALTER reason TYPE dwh.text"
    changed "a generated column" "constraints of $log" "CREATE FUNCTION dwh.twice(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 2 * \$1'" "ALTER TABLE $log ADD twice bigint GENERATED ALWAYS AS (dwh.twice(key)) STORED"
    changed "a column more" "constraints of $state" "ALTER TABLE $state ADD note text"
    changed "a column less" "constraints of $state" "ALTER TABLE $state DROP published_at CASCADE"
    changed "a foreign key to the log" "trigger \"RI_ConstraintTrigger" "CREATE TABLE dwh.follower (line bigint REFERENCES $log ON DELETE CASCADE)"
    changed "a child" "inheritance of $state and dwh.child" "CREATE TABLE dwh.child () INHERITS ($state)"
    changed "a parent" "inheritance of dwh.parent and $log" "CREATE TABLE dwh.parent (line bigint NOT NULL)" "ALTER TABLE $log INHERIT dwh.parent"
    changed "a trigger on the view" "trigger t on dwh.json_export_status" "$EVIL_TRIGGER" "CREATE TRIGGER t INSTEAD OF UPDATE ON dwh.json_export_status FOR EACH ROW EXECUTE FUNCTION dwh.evil()"
    changed "a rule on the view" "rule r on dwh.json_export_status" "CREATE RULE r AS ON UPDATE TO dwh.json_export_status DO INSTEAD DELETE FROM $log"
    changed "a table in the place of the view" "table dwh.json_export_status" "DROP VIEW dwh.json_export_status" "CREATE TABLE dwh.json_export_status (i int)"
    changed "an unlogged log" "constraints of $log" "ALTER TABLE $log SET UNLOGGED"
    changed "an own function" "function dwh.json_export_mine()" "CREATE FUNCTION dwh.json_export_mine() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    changed "an own table" "table dwh.json_export_mine" "CREATE TABLE dwh.json_export_mine (i int)"
    changed "an own trigger of our name" "trigger json_export_mine on dwh.datamartusers" "CREATE TRIGGER json_export_mine BEFORE UPDATE ON dwh.datamartusers FOR EACH ROW EXECUTE FUNCTION dwh.json_export_set_pending()"
    changed "our trigger with another function" "trigger json_export_marked on dwh.datamartusers, which calls dwh.evil()" "$EVIL_TRIGGER" \
        "CREATE OR REPLACE TRIGGER json_export_marked BEFORE UPDATE ON dwh.datamartusers FOR EACH ROW EXECUTE FUNCTION dwh.evil()"

    fresh "$installed_db"
    as "$owner" "CREATE OR REPLACE FUNCTION dwh.json_export_status_rows() RETURNS TABLE (dataset text, rows bigint, pending bigint, removals_waiting bigint, last_success_at timestamptz,
                     last_run_result text, last_error text, generation bigint, full_requested_at timestamptz) LANGUAGE plpgsql AS 'BEGIN $TAKE_OVER; END'" \
        "CREATE OR REPLACE FUNCTION dwh.json_export_truncated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN $TAKE_OVER; RETURN NULL; END'" \
        "CREATE OR REPLACE TRIGGER json_export_deleted AFTER DELETE ON dwh.datamartusers REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION dwh.json_export_users_deleted()" >/dev/null
    contains "functions and triggers that were changed are made as they were" "$installed" "$(PGAPPNAME=installer install)"
    ok "without being run" "" "$(taken_over)"
    ok "and a full export is asked for" "triggers were missing" "$(q "SELECT reason FROM dwh.json_export_log ORDER BY logged_at DESC LIMIT 1")"
    contains "so that they work" 'users|1' "$(q "DELETE FROM dwh.datamartusers WHERE user_id = 101" "SELECT dataset, count(*) FROM dwh.json_export_log WHERE entity_id = 101 GROUP BY 1")"
}

# What was looked at cannot change until the end: the lock that is always taken keeps the owner out, and the right to use the
# schema that is given keeps the schema's name.
check_locks_suffice() {
    local statement log=dwh.json_export_log
    fresh "$installed_db"
    as "$owner" "$EVIL_TRIGGER" "CREATE TABLE dwh.parent (line bigint NOT NULL)" >/dev/null
    hold "LOCK TABLE ONLY $log IN SHARE UPDATE EXCLUSIVE MODE" "GRANT USAGE ON SCHEMA dwh TO osm_notes_exporter"
    for statement in "CREATE TRIGGER t BEFORE INSERT ON $log EXECUTE FUNCTION dwh.evil()" \
        "CREATE RULE r AS ON INSERT TO $log DO INSTEAD NOTHING" "CREATE POLICY p ON $log" "ALTER TABLE $log ENABLE ROW LEVEL SECURITY" \
        "CREATE INDEX ON $log (key)" "CREATE INDEX CONCURRENTLY ON $log (key)" "ALTER TABLE $log ADD CHECK (key > 0)" \
        "ALTER TABLE $log ALTER key SET DEFAULT 1" "ALTER TABLE $log RENAME TO x" "ALTER TABLE $log SET SCHEMA public" "DROP TABLE $log" \
        "ALTER TABLE $log INHERIT dwh.parent" "CREATE TABLE dwh.child () INHERITS ($log)" "CREATE TABLE dwh.follower (line bigint REFERENCES $log)"; do
        contains "while it is locked: $statement" "canceling statement due to lock timeout" "$(as "$owner" "SET lock_timeout = '50ms'" "$statement")"
    done
    contains "ALTER SCHEMA RENAME as well" "canceling statement due to lock timeout" "$(q "SET lock_timeout = '50ms'" "ALTER SCHEMA dwh RENAME TO x")"
    ok "but the ETL goes on" "" "$(as "$owner" "SET lock_timeout = '5s'" "UPDATE dwh.datamartusers SET hashtags = '[3]'" "DELETE FROM dwh.datamartusers WHERE user_id = 101")"
    release
}

# Of functions of one name the server takes the one that fits best: ours must, whatever others add.
check_overloads() {
    local raise="LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION \$\$the wrong one\$\$; END'"
    fresh "$installed_db"
    as "$owner" "CREATE FUNCTION dwh.json_export_prepare(dataset text, relation text, key_column text, id_column text, dimension text, reads text, \"position\" text) RETURNS void LANGUAGE plpgsql AS 'BEGIN $TAKE_OVER; END'" \
        "COMMENT ON FUNCTION dwh.json_export_prepare(text, text, text, text, text, text, text) IS 'osm-notes-exportd: part of install.sql'" >/dev/null
    contains "with an overload of its function, by the owner" "$installed" "$(PGAPPNAME=installer install)"
    ok "that one is not run" "" "$(taken_over)"

    fresh "$installed_db"
    as "$plain" "CREATE FUNCTION dwh.json_export_dimension_lines(dataset text, relation name, keys text[]) RETURNS TABLE (d text, key bigint, reason text) $raise" \
        "CREATE FUNCTION dwh.json_export_dimension_lines(dataset unknown, relation name, keys text[]) RETURNS TABLE (d text, key bigint, reason text) $raise" \
        "CREATE FUNCTION dwh.json_export_prepare(dataset text, relation text, key_column text, id_column text, dimension text, reads text[], p text) RETURNS void $raise" \
        "CREATE FUNCTION dwh.json_export_triggers(schema name, kind text, dataset text, relation text) RETURNS TABLE (relation_id oid, name text, firing text, definition text, trigger_id oid, is_right boolean) $raise" \
        "CREATE FUNCTION dwh.json_export_functions(schema name, dataset text, relation text, key_column text, id_column text, dimension text) RETURNS TABLE (name text, arguments text, definition text) $raise" \
        "CREATE FUNCTION dwh.json_export_indexes(dataset name, key_column name, id_column name) RETURNS TABLE (name text, purpose text, column_name text, definition text) $raise" >/dev/null
    ok "nor those of others, when a name changes" "users|1" "$(as "$owner" "DELETE FROM dwh.json_export_log" \
        "UPDATE dwh.dimension_users SET username = username || 'x' WHERE dimension_user_id = (SELECT min(dimension_user_id) FROM dwh.datamartusers)" \
        "SELECT dataset, count(*) FROM dwh.json_export_log GROUP BY 1")"
    ok "when a table is watched" "true" "$(as "$owner" "CREATE TABLE dwh.mine (k bigint PRIMARY KEY)" \
        "SELECT dwh.json_export_watch('mine', 'k', 'k')" "SELECT count(*) = 1 FROM pg_attribute WHERE attrelid = 'dwh.mine'::regclass AND attname = 'json_exported'" | tail -n 1 | sed 's/^t$/true/')"
    ok "or is not any more" "" "$(as "$owner" "SELECT dwh.json_export_unwatch('mine')" | grep ERROR)"
}

check_uninstall() {
    local answer before
    fresh "$installed_db"
    as "$plain" "CREATE FUNCTION dwh.json_export_evil(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE q; END'" \
        "CREATE TABLE dwh.json_export_mine (i int)" "CREATE TYPE dwh.json_export_t AS ENUM ('a')" >/dev/null
    as "$owner" "$EVIL_TRIGGER" "CREATE TRIGGER t BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON dwh.json_export_state EXECUTE FUNCTION dwh.evil()" \
        "CREATE RULE r AS ON DELETE TO dwh.json_export_log DO ALSO DELETE FROM dwh.datamartusers" \
        "CREATE TRIGGER json_export_own BEFORE UPDATE ON dwh.datamartusers FOR EACH ROW EXECUTE FUNCTION dwh.evil()" >/dev/null
    answer=$(PGAPPNAME=installer uninstall)
    contains "uninstall leaves what others made, and says so" "function dwh.json_export_evil(text) of $plain" "$answer"
    contains "tables as well" "dwh.json_export_mine of $plain" "$answer"
    contains "and triggers" "trigger json_export_own on dwh.datamartusers" "$answer"
    ok "it takes away all that is ours" "json_export_evil json_export_mine json_export_own" "$(
        q "SELECT string_agg(name, ' ' ORDER BY name) FROM (
               SELECT relname FROM pg_class WHERE relnamespace = 'dwh'::regnamespace AND relname ~ '^json_export_'
               UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'dwh'::regnamespace AND proname ~ 'json_export'
               UNION ALL SELECT tgname FROM pg_trigger WHERE tgname ~ '^json_export_') AS x (name)")"
    ok "and nobody became a superuser" "" "$(taken_over)"
    ok "nor changed owner" "$plain" "$(q "SELECT proowner::regrole FROM pg_proc WHERE proname = 'json_export_evil'")"
    contains "it says that the role stays" "role osm_notes_exporter stays" "$answer"
}

run_checks "$EXPECTED_CHECKS" make_templates check_prepared_objects check_other_hostilities check_changed_by_the_owner \
    check_locks_suffice check_overloads check_uninstall
