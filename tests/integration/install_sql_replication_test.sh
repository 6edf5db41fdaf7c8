#!/bin/bash
#
# sql/install.sql where rows come without statements: on a subscriber of logical replication, whose apply worker fires only
# triggers that are meant for it, and under session_replication_role = replica.
#
#   PGHOST=DIR PGUSER=postgres tests/integration/install_sql_replication_test.sh
#
# As install_sql_test.sh; PGHOST is a directory of tests/support/private_postgres.sh, as the server is started again with
# wal_level = logical.

set -uo pipefail

readonly EXPECTED_CHECKS=32

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly publisher=install_sql_publisher_$$
readonly subscriber=install_sql_subscriber_$$
readonly databases=("$subscriber" "$publisher")
readonly roles=()

# shellcheck source=tests/integration/install_sql_support.sh
source "$root/tests/integration/install_sql_support.sh"

readonly LOG="SELECT coalesce(string_agg(DISTINCT concat_ws(':', dataset, coalesce('key' || key, 'id' || entity_id, reason)), ' '), 'none') FROM dwh.json_export_log"
readonly TABLES=(datamartusers datamartcountries datamartglobal dimension_users dimension_countries contributor_types dimension_experience_levels)

# eventually NAME EXPECTED QUERY: the subscriber's answer becomes that within 20 s.
eventually() {
    local tries answer
    for ((tries = 0; tries < 400; tries++)); do
        answer=$(PGDATABASE=$subscriber q "$3")
        [[ $answer != "$2" ]] || break
        sleep 0.05
    done
    ok "$1" "$2" "$answer"
}

# applied NAME EXPECTED QUERY STATEMENT...: statements at the publisher, and what the subscriber has of them.
applied() {
    local name=$1 expected=$2 query=$3
    shift 3
    PGDATABASE=$subscriber clean_slate
    PGDATABASE=$publisher setup "$@"
    eventually "$name" "$expected" "$query"
}

start_replication() {
    "$root/tests/support/private_postgres.sh" halt "$PGHOST" fast || bail_out "the server did not stop"
    echo "wal_level = logical" >>"$PGHOST/data/postgresql.conf"
    "$root/tests/support/private_postgres.sh" resume "$PGHOST" >/dev/null || bail_out "the server did not start"
    for PGDATABASE in "$publisher" "$subscriber"; do
        export PGDATABASE
        psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" || bail_out "datamart.sql failed"
    done
    export PGDATABASE=$publisher
    fill
    setup "UPDATE dwh.datamartusers SET json_exported = true" "UPDATE dwh.datamartcountries SET json_exported = true" \
        "CREATE PUBLICATION p FOR TABLE $(printf 'dwh.%s, ' "${TABLES[@]}" | sed 's/, $//')" \
        "SELECT pg_create_logical_replication_slot('$subscriber', 'pgoutput')"
    export PGDATABASE=$subscriber
    ok "the subscriber installs" "osm-notes-exportd: $installed in schema dwh" "$(install)"
    setup "CREATE SUBSCRIPTION s CONNECTION 'host=$PGHOST user=postgres dbname=$publisher' PUBLICATION p WITH (create_slot = false, slot_name = '$subscriber')"
    eventually "the first copy arrives" "10 3" "SELECT (SELECT count(*) FROM dwh.datamartusers) || ' ' || (SELECT count(*) FROM dwh.datamartcountries)"
    eventually "in all tables" 0 "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'"
    ok "all of it is pending, whatever it says" 13 "$(q "SELECT (SELECT count(*) FROM dwh.datamartusers WHERE json_exported IS NOT TRUE) + (SELECT count(*) FROM dwh.datamartcountries WHERE json_exported IS NOT TRUE)")"
}

check_subscriber() {
    applied "an update" 3 "$WAITING" "UPDATE dwh.datamartusers SET hashtags = '[2]' WHERE user_id = 103"
    applied "an insert" 20 "$WAITING" "INSERT INTO dwh.datamartusers (dimension_user_id, user_id, json_exported) VALUES (20, 120, true)"
    applied "a row whose number changes" "users:id103" "$LOG" "UPDATE dwh.datamartusers SET user_id = 203 WHERE user_id = 103"
    applied "a delete" "users:id120 users:id203" "$LOG" "DELETE FROM dwh.datamartusers WHERE user_id IN (120, 203, 0)"
    applied "a country" c1 "$WAITING" "UPDATE dwh.datamartcountries SET hashtags = '[2]' WHERE country_id = 1001"
    applied "a deleted country" "countries:id1003" "$LOG" "DELETE FROM dwh.datamartcountries WHERE country_id = 1003"
    applied "TRUNCATE" "countries:truncated" "$LOG" "TRUNCATE dwh.datamartcountries"
    applied "a dimension row" "users:key2" "$LOG" "UPDATE dwh.dimension_users SET username = 'x' WHERE user_id = 102"
    applied "one that is announced" "users:key2" "$LOG" "UPDATE dwh.dimension_users SET modified = true WHERE user_id = 102"
    applied "what does not matter is not logged" "users:key4" "$LOG" "UPDATE dwh.dimension_users SET valid_to = valid_to, modified = false WHERE user_id = 102" "UPDATE dwh.dimension_users SET is_current = false WHERE user_id = 104"
    applied "a new dimension row" "users:key21" "$LOG" "INSERT INTO dwh.dimension_users (dimension_user_id, user_id) VALUES (21, 121)"
    applied "a deleted one" "users:key21" "$LOG" "DELETE FROM dwh.dimension_users WHERE dimension_user_id = 21"
    applied "a key that changes" "countries:key2 countries:key22" "$LOG" "UPDATE dwh.dimension_countries SET dimension_country_id = 22 WHERE dimension_country_id = 2"
    applied "a truncated dimension" "dimension_countries changed" "$LOG" "TRUNCATE dwh.dimension_countries"
    applied "a name" "contributor_types changed" "$LOG" "UPDATE dwh.contributor_types SET contributor_type_name = 'x' WHERE contributor_type_id = 1"
    applied "a new name" "contributor_types changed" "$LOG" "INSERT INTO dwh.contributor_types (contributor_type_id, contributor_type_name) VALUES (30, 'y')"
    applied "a name that is gone" "contributor_types changed" "$LOG" "DELETE FROM dwh.contributor_types WHERE contributor_type_id = 30"
    applied "all names gone" "dimension_experience_levels changed" "$LOG" "TRUNCATE dwh.dimension_experience_levels"
    setup "DROP TABLE dwh.datamartglobal"
    ok "the subscriber's exporter marks as ever" none "$(
        PGDATABASE=$subscriber q "SET ROLE osm_notes_exporter" "UPDATE dwh.datamartusers SET json_exported = true" "RESET ROLE" "DELETE FROM dwh.json_export_log" "$WAITING")"
    setup "ALTER SUBSCRIPTION s DISABLE" "ALTER SUBSCRIPTION s SET (slot_name = NONE)" "DROP SUBSCRIPTION s"
    eventually "the slot is free" t "SELECT NOT active FROM pg_replication_slots WHERE slot_name = '$subscriber'"
    PGDATABASE=$publisher setup "SELECT pg_drop_replication_slot('$subscriber')"
}

check_replica_role() {
    local replica="SET session_replication_role = replica"
    export PGDATABASE=$subscriber
    ok "under session_replication_role = replica: an update" 1 "$(after "$replica" "UPDATE dwh.datamartusers SET hashtags = '[8]' WHERE user_id = 101")"
    ok "an insert" 40 "$(after "$replica" "INSERT INTO dwh.datamartusers (dimension_user_id, user_id, json_exported) VALUES (40, 140, true)")"
    ok "a mark that hides a change" 40 "$(after "UPDATE dwh.datamartusers SET json_exported = false WHERE user_id = 140" "$replica" "UPDATE dwh.datamartusers SET hashtags = '[9]', json_exported = true WHERE user_id = 140")"
    ok "a number" "users:140" "$(removals "$replica" "UPDATE dwh.datamartusers SET user_id = 141 WHERE user_id = 140")"
    ok "deletes, each once" "users:101 users:141" "$(removals "$replica" "DELETE FROM dwh.datamartusers WHERE user_id IN (101, 141)")"
    ok "TRUNCATE" "users:all" "$(removals "$replica" "BEGIN; TRUNCATE dwh.datamartusers; COMMIT")"
    ok "a dimension row" 5 "$(after "$replica" "UPDATE dwh.dimension_users SET is_current = false WHERE dimension_user_id = 5")"
    ok "in ordinary sessions no change is logged twice" "users|5|1" "$(clean_slate; q "UPDATE dwh.dimension_users SET is_current = true WHERE dimension_user_id = 5" "SELECT dataset, key, count(*) FROM dwh.json_export_log GROUP BY 1, 2")"
}

run_checks "$EXPECTED_CHECKS" start_replication check_subscriber check_replica_role
