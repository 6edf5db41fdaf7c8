#!/bin/bash
#
# sql/install.sql beside others: it adds no lock and no deadlock to the ETL, forbids it no ALTER TABLE, waits for locks itself
# and says for whose, and takes over what is there: versions 1 and 2, partitions, swapped
# tables, a restored dump.
#
#   PGHOST=DIR PGUSER=postgres tests/integration/install_sql_locks_test.sh
#
# As install_sql_test.sh.

set -uo pipefail

readonly EXPECTED_CHECKS=76

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly clean_db=install_sql_clean_$$
readonly installed_db=install_sql_installed_$$
readonly db=install_sql_locks_$$
readonly other_db=install_sql_restored_$$
readonly anybody=install_sql_anybody_$$
readonly databases=("$clean_db" "$installed_db" "$db" "$other_db")
readonly roles=("$anybody")

# shellcheck source=tests/integration/install_sql_support.sh
source "$root/tests/integration/install_sql_support.sh"

readonly DONE="osm-notes-exportd: $installed in schema dwh"
readonly LOG="SELECT coalesce(string_agg(DISTINCT concat_ws(':', dataset, coalesce('key' || key, 'id' || entity_id, reason)), ' '), 'none') FROM dwh.json_export_log"

fresh() {
    PGDATABASE=$admin_db setup "DROP DATABASE IF EXISTS $db WITH (FORCE)" "CREATE DATABASE $db TEMPLATE $1"
}

triggers() {
    q "SELECT string_agg(tgrelid::regclass || ' ' || tgname || tgenabled || xmin, ', ' ORDER BY oid) FROM pg_trigger WHERE NOT tgisinternal"
}

make_templates() {
    export PGDATABASE=$clean_db
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" || bail_out "datamart.sql failed"
    fill
    setup "DROP VIEW dwh.datamartusers_export"
    PGDATABASE=$admin_db setup "DROP DATABASE $installed_db" "CREATE DATABASE $installed_db TEMPLATE $clean_db"
    export PGDATABASE=$installed_db
    ok "install" "$DONE" "$(install)"
    clean_slate
    export PGDATABASE=$db
}

# goes_on NAME WAITING STATEMENT: what another session says is done at once, whatever session a has open.
goes_on() {
    say "$2" "$3"
    if is_done "$2" 5; then
        ok "$1" "" "$(heard "$2")"
    else
        ok "$1" "done at once" "waits"
    fi
}

check_no_deadlock() {
    fresh "$installed_db"
    say a BEGIN "UPDATE dwh.datamartusers SET history_day_open = 90 WHERE dimension_user_id = 3"
    heard a >/dev/null
    say b BEGIN
    goes_on "a dimension row is changed while its datamart row is being recomputed" b \
        "UPDATE dwh.dimension_users SET is_current = false WHERE dimension_user_id = 3"
    say a "UPDATE dwh.dimension_users SET modified = false WHERE dimension_user_id = 3"
    say b COMMIT
    ok "the other one commits" "" "$(heard b)"
    say a COMMIT
    ok "and the recomputation as well" "" "$(heard a)"
    ok "the change is not missed" "users:key3" "$(q "$LOG")"
    end_sessions

    clean_slate
    say a BEGIN "UPDATE dwh.datamartusers SET history_day_open = 91 WHERE dimension_user_id IN (6, 7)"
    heard a >/dev/null
    goes_on "another row of a user is deleted while one is being recomputed" b \
        "INSERT INTO dwh.datamartusers (dimension_user_id, user_id) VALUES (60, 106), (61, 106); DELETE FROM dwh.datamartusers WHERE dimension_user_id = 60"
    goes_on "or gets another number" b "UPDATE dwh.datamartusers SET user_id = 206 WHERE dimension_user_id = 61"
    ok "both are logged" "users:id106" "$(q "$LOG")"
    end_sessions

    clean_slate
    say a BEGIN "UPDATE dwh.contributor_types SET contributor_type_name = 'a' WHERE contributor_type_id = 1" \
        "UPDATE dwh.dimension_experience_levels SET experience_level = 'a' WHERE dimension_experience_id = 1"
    heard a >/dev/null
    goes_on "names are changed in two transactions at once" b "UPDATE dwh.contributor_types SET contributor_type_name = 'b' WHERE contributor_type_id = 2"
    goes_on "a full export is asked for meanwhile" b "SET client_min_messages = warning; DO \$\$ BEGIN PERFORM dwh.request_json_export(true); END \$\$"
    goes_on "the exporter notes its generation" b "SET ROLE osm_notes_exporter; UPDATE dwh.json_export_state SET generation = 5; DELETE FROM dwh.json_export_log"
    say a COMMIT
    ok "all commit" "" "$(heard a)"
    ok "and what was not yet to be seen is in the log" "contributor_types changed dimension_experience_levels changed" "$(q "$LOG")"
    end_sessions
    say a BEGIN "SELECT 1 FROM dwh.request_json_export(true)"
    heard a >/dev/null
    goes_on "a request in an open transaction stops no other" b "DO \$\$ BEGIN PERFORM dwh.request_json_export(true); END \$\$"
    end_sessions
}

# Another type for each column, the flag apart; one that it can be converted to.
readonly ALTER_ALL="DO \$do\$ DECLARE c record; BEGIN
    FOR c IN SELECT attrelid::regclass AS relation, attname, format_type(atttypid, NULL) AS type FROM pg_attribute
              WHERE attrelid = ANY ('{dwh.datamartusers,dwh.datamartcountries,dwh.dimension_users,dwh.dimension_countries,
                                       dwh.contributor_types,dwh.dimension_experience_levels}'::regclass[])
                AND attnum > 0 AND NOT attisdropped AND attname <> 'json_exported' LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', c.relation, c.attname,
            CASE c.type WHEN 'integer' THEN 'bigint' WHEN 'smallint' THEN 'integer' WHEN 'bigint' THEN 'numeric'
                        WHEN 'character varying' THEN 'text' WHEN 'text' THEN 'varchar(100)' WHEN 'date' THEN 'timestamp'
                        WHEN 'json' THEN 'jsonb USING ' || quote_ident(c.attname) || '::jsonb'
                        WHEN 'jsonb' THEN 'json' WHEN 'boolean' THEN 'text' WHEN 'numeric' THEN 'double precision' ELSE 'text' END);
    END LOOP; END \$do\$"

# drop_all KEPT: statement that drops all columns but those that ETL_STATEMENTS name, and KEPT.
drop_all() {
    printf '%s' "DO \$do\$ DECLARE c record; BEGIN
    FOR c IN SELECT attrelid::regclass AS relation, attname FROM pg_attribute
              WHERE attrelid = ANY ('{dwh.datamartusers,dwh.datamartcountries,dwh.dimension_users,dwh.dimension_countries,
                                       dwh.contributor_types,dwh.dimension_experience_levels}'::regclass[])
                AND attnum > 0 AND NOT attisdropped
                AND attname NOT IN ('json_exported', 'dimension_user_id', 'dimension_country_id', 'history_day_open', 'contributor_type_id',
                                    'dimension_experience_id', 'iso_alpha2') AND attname <> ALL ('{$1}') LOOP
        EXECUTE format('ALTER TABLE %s DROP COLUMN %I', c.relation, c.attname);
    END LOOP; END \$do\$"
}

# What an ETL does, whatever the columns are.
readonly ETL_STATEMENTS=("UPDATE dwh.datamartusers SET history_day_open = coalesce(history_day_open::int, 0) + 1"
    "UPDATE dwh.datamartcountries SET history_day_open = coalesce(history_day_open::int, 0) + 1"
    "UPDATE dwh.dimension_users SET dimension_user_id = dimension_user_id" "INSERT INTO dwh.dimension_users (dimension_user_id) VALUES (50)"
    "DELETE FROM dwh.dimension_users WHERE dimension_user_id = 50" "UPDATE dwh.dimension_countries SET iso_alpha2 = 'x'"
    "UPDATE dwh.contributor_types SET contributor_type_id = contributor_type_id + 10" "INSERT INTO dwh.datamartusers (dimension_user_id) VALUES (51)"
    "DELETE FROM dwh.datamartusers WHERE dimension_user_id = 51" "DELETE FROM dwh.datamartcountries WHERE dimension_country_id = 9")

check_altered_columns() {
    local statements=("ALTER TABLE dwh.dimension_users ALTER user_id DROP NOT NULL" "${ETL_STATEMENTS[@]}")
    fresh "$installed_db"
    ok "ALTER COLUMN user_id TYPE bigint" "" "$(q "ALTER TABLE dwh.datamartusers ALTER COLUMN user_id TYPE bigint" "ALTER TABLE dwh.dimension_users ALTER COLUMN user_id TYPE bigint")"
    fresh "$installed_db"
    say a "${statements[@]}"
    heard a >/dev/null
    say a "$ALTER_ALL" "${ETL_STATEMENTS[@]}"
    ok "each column can have another type, and a session that has worked before works on" "" "$(heard a)"
    setup "DELETE FROM dwh.json_export_log"
    say a "UPDATE dwh.datamartusers SET user_id = 203 WHERE dimension_user_id = 3" "UPDATE dwh.dimension_users SET is_current = 'false' WHERE dimension_user_id = 2" \
        "DELETE FROM dwh.datamartusers WHERE dimension_user_id = 4"
    ok "and changes are logged as ever" "" "$(heard a)"
    ok "each of them" "users:id103 users:id104 users:key2" "$(q "$LOG")"
    say a "$(drop_all user_id,country_id,modified)" "${ETL_STATEMENTS[@]}"
    ok "columns that are not needed can be dropped" "" "$(heard a)"
    contains "numbers are still known then" "users:id105" "$(q "DELETE FROM dwh.datamartusers WHERE user_id = 105" "$LOG")"
    say a "$(drop_all '')" "${ETL_STATEMENTS[@]}"
    ok "even those that are needed" "" "$(heard a)"
    setup "DELETE FROM dwh.json_export_log"
    ok "what is not known any more is logged as the wider case" "users" "$(q "DELETE FROM dwh.datamartusers WHERE dimension_user_id = 6" "SELECT concat(dataset, entity_id) FROM dwh.json_export_log")"
    setup "DELETE FROM dwh.json_export_log" "ALTER TABLE dwh.dimension_users DROP dimension_user_id"
    ok "a dimension without key as well" "dimension_users changed" "$(q "INSERT INTO dwh.dimension_users DEFAULT VALUES" "$LOG")"
    end_sessions
}

check_waiting() {
    local before answer
    fresh "$installed_db"
    hold "UPDATE dwh.datamartusers SET history_day_open = 99" "UPDATE dwh.dimension_users SET modified = true" "SELECT 1 FROM dwh.request_json_export(true)"
    before=$(triggers)
    ok "a run that finds all in place waits for no ETL" "$DONE" "$(install -v wait=1)"
    ok "and leaves the triggers as they are" "$before" "$(triggers)"
    release
    setup "ALTER TABLE dwh.datamartcountries DISABLE TRIGGER json_export_changed"
    hold "UPDATE dwh.datamartcountries SET history_day_open = 99"
    answer=$(PGAPPNAME=second install -v wait=1)
    contains "one that has to make a trigger does, and says who it waited for" \
        "no SHARE ROW EXCLUSIVE lock on \"dwh\".\"datamartcountries\" within 1 s; held by: process" "$answer"
    contains "by role and program" "(role postgres, psql, RowExclusiveLock)" "$answer"
    release
    ok "it passes when the other one is done" "$DONE" "$(install)"
    hold "LOCK TABLE dwh.datamartusers IN ACCESS EXCLUSIVE MODE"
    contains "one that may not even ask about a table does not wait for ever" "canceling statement due to lock timeout" "$(timeout 20 psql -qX -v wait=1 -f "${INSTALL:-$root/sql/install.sql}" 2>&1)"
    release
    hold "LOCK TABLE dwh.dimension_users IN ACCESS SHARE MODE" "SELECT pg_advisory_lock(hashtext('osm-notes-exportd install'))"
    ok "readers, and advisory locks that anybody may take, stop nothing" "$DONE" "$(install -v wait=1)"
    release
    setup "GRANT USAGE ON SCHEMA dwh TO $anybody" "GRANT SELECT ON ALL TABLES IN SCHEMA dwh TO $anybody"
    contains "a lock that would stop it is not for everybody" "permission denied for table datamartusers" \
        "$(as "$anybody" "BEGIN; LOCK TABLE dwh.datamartusers IN SHARE UPDATE EXCLUSIVE MODE")"

    fresh "$clean_db"
    say a "\\! psql -qX -f $root/sql/install.sql 2>&1" && say b "\\! psql -qX -f $root/sql/install.sql 2>&1"
    contains "two first runs at once: one installs" "$DONE" "$(heard a; heard b)"
    ok "and both leave it whole" "$DONE" "$(before=$(triggers); install; [[ $before == "$(triggers)" ]] || echo changed)"
    end_sessions
}

# Columns that versions 1 and 2 have.
readonly EARLIER_RUNS="INSERT INTO dwh.json_export_runs (started_at, finished_at, mode, reason, result, duration_ms, host, pid, version, users_exported, countries_exported)
    SELECT now(), now(), 'full', '', 'success', 1, 'h', 1, '1', n, 10 * n FROM generate_series(1, 2) n"
readonly RUNS="SELECT users_exported, countries_exported, datasets FROM dwh.json_export_runs ORDER BY run_id"
readonly RUNS_BY_DATASET='1|10|{"users": {"exported": 1}, "countries": {"exported": 10}}
2|20|{"users": {"exported": 2}, "countries": {"exported": 20}}'

check_version_1() {
    fresh "$clean_db"
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/installed_version_1.sql" || bail_out "installed_version_1.sql failed"
    setup "UPDATE dwh.datamartusers SET json_exported = true" "DELETE FROM dwh.datamartusers WHERE user_id = 104" "TRUNCATE dwh.datamartcountries" \
        "UPDATE dwh.json_export_state SET generation = 7, published_at = '2026-01-01', full_requested_at = '2026-01-02'" \
        "$EARLIER_RUNS"
    ok "an upgrade from version 1" "$DONE" "$(install)"
    ok "keeps removals and requests" "||requested users|104| countries|| ||triggers were missing" \
        "$(q "SELECT string_agg(concat_ws('|', coalesce(dataset, ''), coalesce(entity_id::text, ''), CASE WHEN reason <> 'removed' THEN reason ELSE '' END), ' ' ORDER BY logged_at, dataset, entity_id) FROM dwh.json_export_log")"
    ok "with their time" "2026-01-02 00:00:00+00" "$(q "SELECT full_requested_at FROM dwh.json_export_status WHERE dataset = 'users'")"
    ok "and the generation" "7|2026-01-01 00:00:00+00|6" "$(q "SELECT generation, published_at, install_version FROM dwh.json_export_state")"
    ok "and the history, told by dataset" "$RUNS_BY_DATASET" "$(q "$RUNS")"
    ok "leaves nothing of version 1" "f" "$(q "SELECT to_regclass('dwh.json_export_removals') IS NOT NULL OR EXISTS (SELECT FROM pg_attribute WHERE attname = 'full_requested_at' AND attrelid = 'dwh.json_export_state'::regclass)")"
    ok "gives the exporter its rights" 0 "$(as osm_notes_exporter "BEGIN; DELETE FROM dwh.json_export_log; SELECT count(*) FROM dwh.json_export_log; ROLLBACK")"
    ok "and works" "3" "$(after "UPDATE dwh.datamartusers SET hashtags = '[77]' WHERE user_id = 103")"
    ok "the second run changes nothing" "$(triggers)" "$(install >/dev/null; triggers)"

    fresh "$clean_db"
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/installed_version_1.sql"
    setup "CREATE FUNCTION dwh.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'" "CREATE TRIGGER t BEFORE INSERT ON dwh.json_export_removals FOR EACH ROW EXECUTE FUNCTION dwh.mine()"
    contains "a table of version 1 with a trigger is refused" "trigger t on dwh.json_export_removals" "$(install)"
    setup "DROP TRIGGER t ON dwh.json_export_removals"
    uninstall >/dev/null
    ok "uninstall.sql takes version 1 away" 0 "$(ours dwh)"
}

version_2() {
    fresh "$clean_db"
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/installed_version_2.sql" || bail_out "installed_version_2.sql failed"
    setup "UPDATE dwh.json_export_state SET generation = 7, published_at = '2026-01-01'" "$EARLIER_RUNS"
    clean_slate
}

check_version_2() {
    local before new_shape
    fresh "$installed_db"
    before=$(fingerprint)
    version_2
    hold "SELECT * FROM dwh.json_export_runs"
    contains "an upgrade from version 2 waits for readers of the history" \
        "no ACCESS EXCLUSIVE lock on \"dwh\".\"json_export_runs\" within 1 s; held by: process" "$(install -v wait=1)"
    release
    new_shape=$(triggers)
    ok "and passes then" "$DONE" "$(install)"
    ok "leaves the triggers as they are" "$new_shape" "$(triggers)"
    ok "asks for no full export" no "$(q "$FULL")"
    ok "keeps the generation" "7|2026-01-01 00:00:00+00|6" "$(q "SELECT generation, published_at, install_version FROM dwh.json_export_state")"
    ok "and the history, told by dataset" "$RUNS_BY_DATASET" "$(q "$RUNS")"
    setup "UPDATE dwh.json_export_state SET generation = 0, published_at = NULL"
    ok "and makes what a first installation makes" "$before" "$(fingerprint)"
    setup "UPDATE dwh.json_export_runs SET datasets = '{}' WHERE users_exported = 1"
    before=$(fingerprint; triggers; q "$RUNS")
    install >/dev/null
    ok "the second run changes nothing, of the history neither" "$before" "$(fingerprint; triggers; q "$RUNS")"

    version_2
    before=$(triggers)
    setup "ALTER TABLE dwh.json_export_runs ADD datasets json"
    contains "a history of somebody else's shape is refused" "columns or constraints of dwh.json_export_runs, which are not as they were made" "$(install)"
    ok "and stays" "json|$before" "$(q "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attname = 'datasets'")|$(triggers)"
    setup "ALTER TABLE dwh.json_export_runs DROP datasets" "CREATE FUNCTION dwh.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'" \
        "CREATE TRIGGER t BEFORE UPDATE ON dwh.json_export_runs FOR EACH ROW EXECUTE FUNCTION dwh.mine()"
    contains "one with a trigger too" "trigger t on dwh.json_export_runs" "$(install)"
    setup "DROP TRIGGER t ON dwh.json_export_runs" "ALTER TABLE dwh.json_export_runs ADD datasets jsonb NOT NULL DEFAULT '{}', ADD CHECK (datasets <> '[]')"
    contains "and one with a constraint more" "constraints of dwh.json_export_runs" "$(install)"
    uninstall >/dev/null
    ok "uninstall.sql takes version 2 away" 0 "$(ours dwh)"
}

check_other_tables() {
    fresh "$clean_db"
    setup "ALTER TABLE dwh.datamartusers RENAME TO plain" "ALTER TABLE dwh.dimension_users RENAME TO plain_dimension" \
        "CREATE TABLE dwh.datamartusers (LIKE dwh.plain INCLUDING DEFAULTS) PARTITION BY RANGE (user_id)" \
        "CREATE TABLE dwh.low PARTITION OF dwh.datamartusers FOR VALUES FROM (MINVALUE) TO (104)" \
        "CREATE TABLE dwh.high PARTITION OF dwh.datamartusers FOR VALUES FROM (104) TO (1000)" \
        "CREATE TABLE dwh.rest PARTITION OF dwh.datamartusers DEFAULT" \
        "CREATE TABLE dwh.dimension_users (LIKE dwh.plain_dimension INCLUDING DEFAULTS) PARTITION BY HASH (dimension_user_id)" \
        "CREATE TABLE dwh.even PARTITION OF dwh.dimension_users FOR VALUES WITH (MODULUS 2, REMAINDER 0)" \
        "CREATE TABLE dwh.odd PARTITION OF dwh.dimension_users FOR VALUES WITH (MODULUS 2, REMAINDER 1)" \
        "INSERT INTO dwh.datamartusers SELECT * FROM dwh.plain" "INSERT INTO dwh.dimension_users SELECT * FROM dwh.plain_dimension"
    ok "partitioned tables" "$DONE" "$(install)"
    ok "a change through a partition makes the row pending" 3 "$(after "UPDATE dwh.low SET history_day_open = 9 WHERE user_id = 103")"
    ok "a new row in a partition is pending" 70 "$(after "INSERT INTO dwh.high (dimension_user_id, user_id, json_exported) VALUES (70, 170, true)")"
    ok "a row deleted through a partition is logged" "users:105" "$(removals "DELETE FROM dwh.high WHERE user_id = 105")"
    ok "and one deleted through the table" "users:101" "$(removals "DELETE FROM dwh.datamartusers WHERE user_id = 101")"
    ok "a number that changes within a partition is logged" "users:102" "$(removals "UPDATE dwh.low SET user_id = 99 WHERE user_id = 102")"
    ok "and one that moves the row to another, twice" "users:103 users:103" "$(removals "UPDATE dwh.datamartusers SET user_id = 903 WHERE user_id = 103")"
    ok "TRUNCATE of the table too" "users:all" "$(removals "BEGIN; TRUNCATE dwh.datamartusers; COMMIT")"
    ok "a dimension row changed through a partition" "4" "$(after "UPDATE dwh.even SET username = 'x' WHERE dimension_user_id = 4" "UPDATE dwh.odd SET username = 'x' WHERE dimension_user_id = 4")"
    setup "CREATE TABLE dwh.more (LIKE dwh.datamartusers)" "ALTER TABLE dwh.datamartusers ATTACH PARTITION dwh.more FOR VALUES FROM (1000) TO (2000)" \
        "INSERT INTO dwh.datamartusers (dimension_user_id, user_id) VALUES (71, 1001)"
    ok "a partition that is attached later is watched as well" "users:1001" "$(removals "DELETE FROM dwh.more")"
    ok "nothing is missing then" "no" "$(clean_slate; install >/dev/null; q "$FULL")"
    setup "ALTER TABLE dwh.low DISABLE TRIGGER json_export_changed"
    ok "a trigger switched off on one partition is" "triggers were missing" "$(install >/dev/null; q "$FULL")"
    ok "and switched on again" "A" "$(q "SELECT DISTINCT tgenabled FROM pg_trigger WHERE tgname = 'json_export_changed'")"
    contains "uninstall" "nothing is installed" "$(uninstall)"
    ok "takes them away from the partitions too" 0 "$(ours dwh)"

    fresh "$installed_db"
    setup "CREATE TABLE dwh.new_users (LIKE dwh.datamartusers INCLUDING ALL)" "INSERT INTO dwh.new_users SELECT * FROM dwh.datamartusers" \
        "DROP INDEX dwh.new_users_user_id_idx, dwh.new_users_user_id_idx1" \
        "BEGIN; ALTER TABLE dwh.datamartusers RENAME TO old_users; ALTER TABLE dwh.new_users RENAME TO datamartusers; COMMIT"
    ok "a table that was swapped in" "$DONE" "$(install)"
    ok "gets the indexes" "datamartusers" "$(q "SELECT string_agg(DISTINCT tablename, ' ') FROM pg_indexes WHERE indexname IN ('json_export_users_pending', 'json_export_users_id')")"
    ok "and the triggers" 3 "$(after "UPDATE dwh.datamartusers SET hashtags = '[5]' WHERE user_id = 103")"

    fresh "$installed_db"
    pg_dump "$db" >"$scratch/dump" && PGDATABASE=$other_db psql -qX -v ON_ERROR_STOP=1 -f "$scratch/dump" >/dev/null || bail_out "the dump failed"
    export PGDATABASE=$other_db
    ok "a restored dump is whole" "no" "$(clean_slate; install >/dev/null; q "$FULL")"
    export PGDATABASE=$db
}

run_checks "$EXPECTED_CHECKS" make_templates check_no_deadlock check_altered_columns check_waiting check_version_1 check_version_2 check_other_tables
