#!/bin/bash
#
# sql/install.sql and sql/uninstall.sql: every right and message, against real table shapes. What the triggers see is in
# install_sql_changes_test.sh.
#
#   PGHOST=DIR PGUSER=postgres tests/integration/install_sql_test.sh
#
# The environment names a superuser of an empty scratch server (tests/support/private_postgres.sh starts one). Databases
# and roles made here are dropped at the end; the role osm_notes_exporter must not exist before, as one part of the test
# is its absence. Prints TAP; exit 1 when a check fails or did not run.

set -uo pipefail

# Said once more here, so that a check that silently falls away is noticed.
readonly EXPECTED_CHECKS=132

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly db=install_sql_test_$$
readonly owned_db=install_sql_test_owned_$$
readonly owner=install_sql_test_owner_$$
readonly etl=install_sql_test_etl_$$
readonly databases=("$db" "$owned_db")
readonly roles=("$owner" "$etl")

# shellcheck source=tests/integration/install_sql_support.sh
source "$root/tests/integration/install_sql_support.sh"

# ----------------------------------------------------------------------------------------------------------------------

check_preconditions() {
    local answer
    export PGDATABASE=$db
    answer=$(install)
    contains "no schema: the error names it" 'schema "dwh" does not exist in database' "$answer"
    contains "no schema: the error has a hint" "HINT:  Connect to the warehouse" "$answer"
    setup "CREATE SCHEMA dwh"
    answer=$(install)
    contains "no tables: the error names the first one" 'table "dwh"."datamartusers" does not exist' "$answer"
    contains "no tables: the error has a hint" "HINT:  Run the ETL once" "$answer"
    ok "after an error nothing is left behind" 0 "$(ours dwh)"
    install >/dev/null
    ok "an error ends psql with 3 even without -v ON_ERROR_STOP" 3 "$?"
    setup "DROP SCHEMA dwh"
}

check_plain_owner() {
    local answer
    export PGDATABASE=$owned_db
    setup "ALTER DATABASE $owned_db OWNER TO $owner"
    PGOPTIONS="-c role=$owner" psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" ||
        bail_out "datamart.sql failed"
    answer=$(PGOPTIONS="-c role=$etl" install)
    contains "a role without rights is refused" "may not create objects in schema \"dwh\"" "$answer"
    PGOPTIONS="-c role=$owner" setup "GRANT CREATE, USAGE ON SCHEMA dwh TO $etl"
    answer=$(PGOPTIONS="-c role=$etl" install)
    contains "a role that does not own the tables is refused" "does not own \"dwh\".\"contributor_types\"" "$answer"

    answer=$(PGOPTIONS="-c role=$owner" install)
    ok "an owner who may not create roles can install" 0 "$?"
    contains "and is told that the role is missing" "role osm_notes_exporter does not exist and" "$answer"
    contains "and what to do about it" "CREATE ROLE osm_notes_exporter LOGIN" "$answer"
    fill
    ok "triggers work without the role" 3 "$(after "UPDATE dwh.datamartusers SET hashtags = '[2]' WHERE user_id = 103")"

    setup "CREATE ROLE osm_notes_exporter LOGIN"
    ok "the owner runs it again once the role is there" "osm-notes-exportd: $installed in schema dwh" \
        "$(PGOPTIONS="-c role=$owner" install)"
    ok "and the exporter gets its rights" 10 "$(as osm_notes_exporter "SELECT count(*) FROM dwh.datamartusers")"
    uninstall >/dev/null
    ok "a superuser may be the first to run it" "osm-notes-exportd: $installed in schema dwh" "$(install)"
    ok "and everything still belongs to the owner" "$owner" "$(
        q "SELECT string_agg(DISTINCT o::regrole::text, ' ') FROM (
               SELECT relowner FROM pg_class WHERE relname LIKE 'json\_export\_%'
               UNION SELECT proowner FROM pg_proc WHERE proname LIKE '%json\_export%') AS x (o)"
    )"
    ok "then the owner again" "osm-notes-exportd: $installed in schema dwh" \
        "$(PGOPTIONS="-c role=$owner" install)"

    PGOPTIONS="-c role=$owner" setup "REVOKE CREATE ON SCHEMA dwh FROM $etl" \
        "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON dwh.datamartusers, dwh.datamartcountries, dwh.dimension_users,
               dwh.dimension_countries, dwh.contributor_types, dwh.dimension_experience_levels TO $etl"
    ok "an ETL role without rights on our tables can update" 3 \
        "$(clean_slate; as "$etl" "UPDATE dwh.datamartusers SET hashtags = '[3]' WHERE user_id = 103"; q "SELECT dimension_user_id FROM dwh.datamartusers WHERE json_exported IS NOT TRUE")"
    ok "and set modified" 2 \
        "$(clean_slate; as "$etl" "UPDATE dwh.dimension_users SET modified = true WHERE user_id = 102"; q "$WAITING")"
    ok "and delete, and give rows another id" "users:101 users:102" \
        "$(clean_slate; as "$etl" "DELETE FROM dwh.datamartusers WHERE user_id = 101" "UPDATE dwh.datamartusers SET user_id = 202 WHERE user_id = 102"; q "SELECT string_agg(dataset || ':' || entity_id, ' ' ORDER BY logged_at) FROM dwh.json_export_log")"
    ok "and change names" "contributor_types changed" \
        "$(clean_slate; as "$etl" "UPDATE dwh.contributor_types SET contributor_type_name = 'x'"; q "$FULL")"
    ok "and truncate" "countries:all" \
        "$(clean_slate; as "$etl" "TRUNCATE dwh.datamartcountries"; q "SELECT dataset || ':' || coalesce(entity_id::text, 'all') FROM dwh.json_export_log")"
    contains "but not touch our tables" "permission denied for table json_export_log" \
        "$(as "$etl" "INSERT INTO dwh.json_export_log (dataset) VALUES ('users')")"
    contains "nor ask for an export unless it is granted" "permission denied for function request_json_export" \
        "$(as "$etl" "SELECT dwh.request_json_export(true)")"
    contains "nor put our functions to its own use" "permission denied for function dwh.json_export_truncated" \
        "$(as "$etl" "CREATE TEMP TABLE t ()" "CREATE TRIGGER t AFTER TRUNCATE ON t EXECUTE FUNCTION dwh.json_export_truncated('users')")"

    answer=$(PGOPTIONS="-c role=$owner" uninstall -v drop_role=1)
    contains "an owner who may not drop roles can uninstall" "WARNING:  role osm_notes_exporter stays" "$answer"
    ok "and nothing is left" 0 "$(ours dwh)"
    ok "no default rights of the owner either" 0 "$(q "SELECT count(*) FROM pg_default_acl WHERE defaclrole = '$owner'::regrole")"
    contains "it says what only a superuser can take away" "will still be readable for osm_notes_exporter" "$answer"
    uninstall >/dev/null
    ok "which a superuser's run then does" 0 "$(q "SELECT count(*) FROM pg_default_acl")"
    export PGDATABASE=$admin_db
    setup "DROP DATABASE $owned_db"
    setup "DROP ROLE osm_notes_exporter"
}

check_installed_twice() {
    local before
    export PGDATABASE=$db
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" || bail_out "datamart.sql failed"
    fill
    # As in a warehouse that never heard of the column.
    setup "DROP VIEW dwh.datamartusers_export" "ALTER TABLE dwh.datamartcountries DROP json_exported"
    setup "UPDATE dwh.datamartusers SET json_exported = true"
    ok "install" "osm-notes-exportd: $installed in schema dwh" "$(install)"
    ok "a missing column is added, boolean, default false" "boolean false" "$(
        q "SELECT data_type, column_default FROM information_schema.columns
            WHERE table_name = 'datamartcountries' AND column_name = 'json_exported'" | tr '|' ' '
    )"
    ok "not on datamartglobal" 0 "$(q "SELECT count(*) FROM information_schema.columns WHERE table_name = 'datamartglobal' AND column_name = 'json_exported'")"
    ok "the first installation asks for a full export" installed "$(q "$FULL")"
    before=$(fingerprint)
    ok "install again" "osm-notes-exportd: $installed in schema dwh" "$(install)"
    ok "the second run changes nothing" "$before" "$(fingerprint)"

    # Version 4 had another body of one function, and let marks of others pass unseen.
    setup "CREATE OR REPLACE FUNCTION dwh.json_export_check_mark() RETURNS trigger LANGUAGE plpgsql SECURITY INVOKER
           SET search_path = pg_catalog, pg_temp AS 'BEGIN NEW.json_exported := OLD.json_exported; NEW.json_exported := OLD *= NEW; RETURN NEW; END'" \
        "UPDATE dwh.json_export_state SET install_version = 4" "DELETE FROM dwh.json_export_log"
    ok "an upgrade from version 4" "osm-notes-exportd: $installed in schema dwh" "$(install)"
    ok "makes what a first installation makes, and the triggers stay" "$before" "$(fingerprint)"
    ok "and asks for no full export" no "$(q "$FULL")"

    # Version 5 knew users and countries only: by heart, where version 6 asks what is watched.
    setup "DROP FUNCTION dwh.json_export_watch, dwh.json_export_unwatch, dwh.json_export_prepare, dwh.json_export_refuse,
               dwh.json_export_wanted_triggers, dwh.json_export_triggers, dwh.json_export_indexes, dwh.json_export_functions,
               dwh.json_export_datasets" \
        "COMMENT ON FUNCTION dwh.json_export_users_lost(text, text) IS 'osm-notes-exportd: part of install.sql'" \
        "COMMENT ON FUNCTION dwh.json_export_countries_lost(text, text) IS 'osm-notes-exportd: part of install.sql'" \
        "UPDATE dwh.json_export_state SET install_version = 5" "DELETE FROM dwh.json_export_log"
    ok "an upgrade from version 5" "osm-notes-exportd: $installed in schema dwh" "$(install)"
    ok "makes what a first installation makes, and the triggers stay" "$before" "$(fingerprint)"
    ok "knows what is watched" "users countries" "$(q "SELECT string_agg(dataset, ' ' ORDER BY position) FROM dwh.json_export_datasets()")"
    ok "and asks for no full export" no "$(q "$FULL")"

    # All that version 3 did not have.
    setup "DROP FUNCTION dwh.request_json_export(boolean, boolean)" "UPDATE dwh.json_export_state SET install_version = 3" \
        "DELETE FROM dwh.json_export_log"
    ok "an upgrade from version 3" "osm-notes-exportd: $installed in schema dwh" "$(install)"
    ok "makes what a first installation makes" "$before" "$(fingerprint)"
    ok "notes the version" 6 "$(q "SELECT install_version FROM dwh.json_export_state")"
    ok "and asks for no full export" no "$(q "$FULL")"

    setup "ALTER TABLE dwh.datamartusers DISABLE TRIGGER json_export_changed" "DELETE FROM dwh.json_export_log" \
        "UPDATE dwh.json_export_state SET generation = 7, install_version = 0"
    install >/dev/null
    ok "a disabled trigger is switched on again, and a full export asked for" "A triggers were missing" "$(
        q "SELECT tgenabled FROM pg_trigger WHERE tgname = 'json_export_changed' AND tgrelid = 'dwh.datamartusers'::regclass" \
            "$FULL" | tr '\n' ' ' | sed 's/ $//'
    )"
    ok "an upgrade keeps the state and notes the version" "7 6" \
        "$(q "SELECT generation || ' ' || install_version FROM dwh.json_export_state")"
    clean_slate
    install >/dev/null
    ok "a run that finds all in place does not ask for a full export" no "$(q "$FULL")"
}

check_indexes() {
    setup "ANALYZE dwh.datamartusers"
    contains "pending rows are found by an index" "json_export_users_pending" "$(
        q "SET enable_seqscan = off" "EXPLAIN SELECT * FROM dwh.datamartusers WHERE json_exported IS NOT TRUE AND user_id >= 1")"
    contains "pending countries as well" "json_export_countries_pending" "$(
        q "SET enable_seqscan = off" "EXPLAIN SELECT * FROM dwh.datamartcountries WHERE json_exported IS NOT TRUE")"
    contains "users by id" "json_export_users_id" "$(
        q "SET enable_seqscan = off" "EXPLAIN SELECT * FROM dwh.datamartusers WHERE user_id = 101")"
    contains "countries by id" "json_export_countries_id" "$(
        q "SET enable_seqscan = off" "EXPLAIN SELECT * FROM dwh.datamartcountries WHERE country_id = 1001")"
    ok "a name of any length can be stored" 1000000 "$(
        q "UPDATE dwh.datamartusers SET username = repeat('x', 1000000) WHERE user_id = 101" \
            "SELECT length(username) FROM dwh.datamartusers WHERE user_id = 101")"
    ok "no second index where the primary key serves" 0 "$(
        q "SELECT count(*) FROM pg_class WHERE relname IN ('json_export_users_key', 'json_export_countries_key')")"
    ok "runs by time" 1 "$(q "SELECT count(*) FROM pg_indexes WHERE indexname = 'json_export_runs_finished'")"
    setup "ALTER TABLE dwh.datamartcountries DROP CONSTRAINT datamartcountries_pkey"
    install >/dev/null
    ok "but an index on the key where there is none" 1 "$(q "SELECT count(*) FROM pg_class WHERE relname = 'json_export_countries_key'")"
    setup "ALTER TABLE dwh.datamartcountries ADD PRIMARY KEY (dimension_country_id)"
}

check_request() {
    contains "request_json_export() notifies with nothing" 'Asynchronous notification "osm_notes_export" received' \
        "$(clean_slate; q "LISTEN osm_notes_export" "SELECT dwh.request_json_export()")"
    ok "and asks for no full export" no "$(full_requested "SELECT dwh.request_json_export()")"
    contains "request_json_export(true) says so" 'notification "osm_notes_export" with payload "{"full":true}"' \
        "$(q "LISTEN osm_notes_export" "SELECT dwh.request_json_export(\"full\" => true)")"
    ok "and leaves it in the log" requested "$(full_requested "SELECT dwh.request_json_export(true)")"
    contains "the owner may allow a shrink, of which the notification says nothing" \
        'notification "osm_notes_export" with payload "{"full":true}" received' \
        "$(clean_slate; q "LISTEN osm_notes_export" "SELECT dwh.request_json_export(true, allow_shrink => true)")"
    ok "and it is in the log, with the request" "*:shrink allowed :requested" \
        "$(q "SELECT string_agg(coalesce(dataset, '') || ':' || reason, ' ' ORDER BY dataset) FROM dwh.json_export_log")"
    ok "a shrink alone asks for no full export" no "$(full_requested "SELECT dwh.request_json_export(false, allow_shrink => true)")"
    ok "allow_shrink => false allows nothing" 0 \
        "$(clean_slate; q "SELECT dwh.request_json_export(true, allow_shrink => false)" "SELECT count(*) FROM dwh.json_export_log WHERE dataset = '*'" | tail -n 1)"
    ok "the status does not take it for a removal, nor for a full export" "0|" \
        "$(clean_slate; q "SELECT dwh.request_json_export(false, true)" "SELECT removals_waiting, full_requested_at FROM dwh.json_export_status WHERE dataset = 'users'" | tail -n 1)"
    setup "ALTER ROLE $etl LOGIN" "GRANT USAGE ON SCHEMA dwh TO $etl" \
        "GRANT EXECUTE ON FUNCTION dwh.request_json_export(boolean, boolean) TO $etl"
    contains "who was given the function is not the owner" "only postgres, the owner of the tables, may allow a shrink" \
        "$(PGUSER=$etl q "SELECT dwh.request_json_export(true, allow_shrink => true)")"
    setup "REVOKE EXECUTE ON FUNCTION dwh.request_json_export(boolean, boolean) FROM $etl" \
        "REVOKE USAGE ON SCHEMA dwh FROM $etl" "ALTER ROLE $etl NOLOGIN"
    ok "functions have their search_path pinned, but those that run for each row and name nothing unqualified" \
        "json_export_countries_renumbered json_export_set_pending json_export_users_renumbered" "$(
        q "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'dwh'::regnamespace
              AND 'search_path=pg_catalog, pg_temp' <> ALL (coalesce(proconfig, '{}'))")"
    ok "a caller's search_path does not matter" requested "$(
        full_requested "CREATE SCHEMA evil" \
            "CREATE FUNCTION evil.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION \$\$caught\$\$; END'" \
            "CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'" \
            "SET search_path = evil, pg_catalog" "SELECT dwh.request_json_export(true)" "RESET search_path" "DROP SCHEMA evil CASCADE")"
    install -v channel=other_channel >/dev/null
    contains "the channel can be chosen" 'notification "other_channel"' "$(q "LISTEN other_channel" "SELECT dwh.request_json_export()")"
    install >/dev/null
}

check_status() {
    local run="INSERT INTO dwh.json_export_runs (started_at, finished_at, mode, reason, result, error, duration_ms, host, pid, version)
               VALUES ('2026-01-01', "
    clean_slate
    setup "UPDATE dwh.datamartusers SET user_id = 0 WHERE user_id = -1" "DELETE FROM dwh.datamartusers WHERE user_id > 106" "UPDATE dwh.json_export_state SET generation = 42" \
        "UPDATE dwh.datamartusers SET json_exported = false WHERE user_id IN (101, 106, 0)" \
        "UPDATE dwh.datamartusers SET json_exported = NULL WHERE user_id IN (102)" \
        "UPDATE dwh.datamartcountries SET json_exported = false WHERE country_id = 1001" \
        "DELETE FROM dwh.json_export_log" "DELETE FROM dwh.datamartusers WHERE user_id = 105" \
        "INSERT INTO dwh.json_export_log (reason, logged_at) VALUES ('requested', '2026-01-03'), ('requested', '2026-01-04')" \
        "INSERT INTO dwh.json_export_log (dataset, key) VALUES ('users', 1), ('users', 3), ('users', 3), ('countries', 99)" \
        "$run '2026-01-01 10:00+00', 'full', 'start', 'success', NULL, 1.5, 'h', 1, '1')" \
        "$run '2026-01-01 11:00+00', 'incremental', 'poll', 'failure', 'disk full', 1.5, 'h', 1, '1')"
    ok "status of the users" "users|5|5|1|2026-01-01 10:00:00+00|failure|disk full|42|2026-01-03 00:00:00+00" \
        "$(q "SELECT * FROM dwh.json_export_status WHERE dataset = 'users'")"
    ok "status of the countries" "countries|3|1|0" "$(q "SELECT dataset, rows, pending, removals_waiting FROM dwh.json_export_status WHERE dataset = 'countries'")"
    ok "the exporter may read it" 2 "$(as osm_notes_exporter "SELECT count(*) FROM dwh.json_export_status")"
    contains "a run has one of two modes" "violates check constraint" "$(q "$run now(), 'half', '', 'success', NULL, 1, 'h', 1, '1')")"
    contains "the state has one row" "violates check constraint" "$(q "INSERT INTO dwh.json_export_state (only_row, install_version) VALUES (false, 1)")"
    ok "the datamart tables can be dropped in spite of us" none "$(q "BEGIN; DROP TABLE dwh.datamartcountries; DROP TABLE dwh.datamartusers; ROLLBACK; SELECT 'none'")"
}

# allowed/denied NAME STATEMENT, as the exporter; nothing is kept.
allowed() {
    ok "the exporter may $1" "" "$(as osm_notes_exporter "BEGIN; $2; ROLLBACK" | grep -v '^[0-9a-z:| -]*$')"
}

denied() {
    contains "the exporter may not $1" "permission denied for" "$(as osm_notes_exporter "BEGIN; $2; ROLLBACK")"
}

check_rights() {
    local table
    for table in datamartusers datamartcountries datamartglobal contributor_types dimension_users dimension_countries \
        dimension_experience_levels json_export_log json_export_state json_export_runs json_export_status; do
        allowed "read $table" "SELECT count(*) FROM dwh.$table"
    done
    allowed "mark rows, locked in order" "SELECT 1 FROM dwh.datamartusers ORDER BY dimension_user_id FOR NO KEY UPDATE; UPDATE dwh.datamartusers SET json_exported = true"
    allowed "mark countries" "UPDATE dwh.datamartcountries SET json_exported = true"
    allowed "take lines away" "DELETE FROM dwh.json_export_log"
    allowed "keep its state" "UPDATE dwh.json_export_state SET generation = 1, published_at = now()"
    setup "DELETE FROM dwh.json_export_state"
    allowed "make its state again" "INSERT INTO dwh.json_export_state (generation, published_at, install_version) VALUES (1, now(), 0)"
    ok "a full export can be asked for without it" requested "$(full_requested "SELECT dwh.request_json_export(true)")"
    install >/dev/null
    ok "which the file makes again as well" "0 6" "$(q "SELECT generation || ' ' || install_version FROM dwh.json_export_state")"
    allowed "write and prune its history" "INSERT INTO dwh.json_export_runs (started_at, finished_at, mode, reason, result, duration_ms, host, pid, version) VALUES (now(), now(), 'full', '', 'success', 1, 'h', 1, '1'); DELETE FROM dwh.json_export_runs"
    allowed "ask for an export" "SELECT dwh.request_json_export(true)"
    denied "change another column" "UPDATE dwh.datamartusers SET username = 'x'"
    denied "change another column of a country" "UPDATE dwh.datamartcountries SET country_name = 'x', json_exported = true"
    denied "delete a user" "DELETE FROM dwh.datamartusers"
    denied "delete a country" "DELETE FROM dwh.datamartcountries"
    denied "insert a user" "INSERT INTO dwh.datamartusers (dimension_user_id) VALUES (99)"
    denied "truncate" "TRUNCATE dwh.datamartusers"
    denied "change a dimension" "UPDATE dwh.dimension_users SET modified = false"
    denied "change the global row" "UPDATE dwh.datamartglobal SET dimension_global_id = 2"
    denied "log anything" "INSERT INTO dwh.json_export_log (dataset) VALUES ('users')"
    denied "allow a shrink" "SELECT dwh.request_json_export(true, allow_shrink => true)"
    denied "allow it behind the back of the function" "INSERT INTO dwh.json_export_log (dataset, reason) VALUES ('*', 'shrink allowed')"
    denied "make a line into one that allows it" "UPDATE dwh.json_export_log SET dataset = '*', reason = 'shrink allowed'"
    denied "rewrite history" "UPDATE dwh.json_export_runs SET result = 'success'"
    denied "change the log" "UPDATE dwh.json_export_log SET dataset = 'users'"
    denied "claim another version" "UPDATE dwh.json_export_state SET install_version = 9"
    denied "delete the state" "DELETE FROM dwh.json_export_state"
    denied "create tables" "CREATE TABLE dwh.t ()"
    ok "the role can log in, and nothing else" "t f f f f" \
        "$(q "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = 'osm_notes_exporter'" | tr '|' ' ')"
    setup "CREATE VIEW dwh.datamartusers_export AS SELECT dimension_user_id, user_id FROM dwh.datamartusers"
    allowed "read a view that the ETL creates anew" "SELECT count(*) FROM dwh.datamartusers_export"
}

check_uninstall() {
    setup "CREATE SCHEMA \"Other one\"" "CREATE TABLE public.foreign_table (i int)" "GRANT SELECT ON public.foreign_table TO osm_notes_exporter"
    contains "uninstall" "osm-notes-exportd: nothing is installed in schema dwh any more" "$(uninstall)"
    ok "nothing of ours remains" 0 "$(ours dwh)"
    ok "nor a right of the exporter" "f f 0" "$(
        q "SELECT has_schema_privilege('osm_notes_exporter', 'dwh', 'USAGE'),
                  has_any_column_privilege('osm_notes_exporter', 'dwh.datamartusers', 'SELECT, UPDATE'),
                  (SELECT count(*) FROM pg_default_acl)" | tr '|' ' ')"
    ok "the columns stay" 2 "$(q "SELECT count(*) FROM pg_attribute WHERE attname = 'json_exported' AND attrelid IN ('dwh.datamartusers'::regclass, 'dwh.datamartcountries'::regclass)")"
    ok "updates, deletes and marks work" "t" "$(
        q "UPDATE dwh.datamartusers SET json_exported = true, hashtags = '[7]'" "UPDATE dwh.dimension_users SET modified = true" \
            "DELETE FROM dwh.datamartusers WHERE user_id = 104" "SELECT bool_and(json_exported) FROM dwh.datamartusers")"
    contains "uninstall again" "osm-notes-exportd: nothing is installed in schema dwh any more" "$(uninstall)"
    contains "a role with other rights is not dropped" "role osm_notes_exporter stays" "$(uninstall -v drop_role=1)"
    ok "install once more" "osm-notes-exportd: $installed in schema dwh" "$(install)"
    ok "which asks for a full export" installed "$(q "$FULL")"
    ok "and works" 3 "$(after "UPDATE dwh.datamartusers SET hashtags = '[8]' WHERE user_id = 103")"

    uninstall >/dev/null
    setup "DROP SCHEMA \"Other one\"" "ALTER SCHEMA dwh RENAME TO \"Other one\"" "DROP TABLE public.foreign_table"
    ok "another schema" "osm-notes-exportd: $installed in schema Other one" "$(install -v schema="Other one")"
    ok "and works there" "3" "$(
        q "UPDATE \"Other one\".datamartusers SET json_exported = true" \
            "UPDATE \"Other one\".datamartusers SET hashtags = '[9]' WHERE user_id = 103" \
            "UPDATE \"Other one\".datamartusers SET json_exported = NULL WHERE false" \
            "SELECT dimension_user_id FROM \"Other one\".datamartusers WHERE json_exported IS NOT TRUE")"
    ok "its removals too" "users:103" "$(
        q "DELETE FROM \"Other one\".datamartusers WHERE user_id = 103" "SELECT dataset || ':' || entity_id FROM \"Other one\".json_export_log WHERE key IS NULL AND dataset IS NOT NULL")"
    ok "uninstall there, with the role" "osm-notes-exportd: nothing is installed in schema Other one any more" \
        "$(uninstall -v schema="Other one" -v drop_role=1)"
    ok "nothing remains there" 0 "$(ours "\"Other one\"")"
    ok "and the role is gone" 0 "$(q "SELECT count(*) FROM pg_roles WHERE rolname = 'osm_notes_exporter'")"
}

run_checks "$EXPECTED_CHECKS" check_preconditions check_plain_owner check_installed_twice check_indexes \
    check_request check_status check_rights check_uninstall
