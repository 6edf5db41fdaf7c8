#!/bin/bash
#
# sql/install.sql: what its triggers see, and whose marks they know. As install_sql_test.sh, which has the rest.
#
#   PGHOST=DIR PGUSER=postgres tests/integration/install_sql_changes_test.sh

set -uo pipefail

readonly EXPECTED_CHECKS=76

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly db=install_sql_changes_$$
readonly etl=install_sql_changes_etl_$$
readonly databases=("$db")
readonly roles=("$etl")

# shellcheck source=tests/integration/install_sql_support.sh
source "$root/tests/integration/install_sql_support.sh"

# shellcheck disable=SC2119  # install and uninstall take arguments in other tests
prepare() {
    export PGDATABASE=$db
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" || bail_out "datamart.sql failed"
    fill
    setup "DROP VIEW dwh.datamartusers_export"
    ok "install" "osm-notes-exportd: $installed in schema dwh" "$(install)"
}

check_changes() {
    ok "a clean slate has nothing pending" none "$(after)"
    ok "a content change makes the row pending" 3 "$(after "UPDATE dwh.datamartusers SET history_day_open = 9 WHERE user_id = 103")"
    ok "a change in a json column makes the row pending" 3 "$(after "UPDATE dwh.datamartusers SET hashtags = '[2]' WHERE user_id = 103")"
    ok "a value that becomes NULL makes the row pending" 3 "$(after "UPDATE dwh.datamartusers SET hashtags = NULL WHERE user_id = 103")"
    ok "a country too" c2 "$(after "UPDATE dwh.datamartcountries SET hashtags = '[2]' WHERE country_id = 1002")"
    ok "an update without a change does not" none "$(after "UPDATE dwh.datamartusers SET hashtags = hashtags, username = username")"
    ok "the flag can be taken away by hand" "3" "$(after "UPDATE dwh.datamartusers SET json_exported = false WHERE user_id = 103")"
    ok "also with NULL" "3" "$(after "UPDATE dwh.datamartusers SET json_exported = NULL WHERE user_id = 103")"
    ok "a change that also sets the flag makes an exported row pending" 3 \
        "$(after "UPDATE dwh.datamartusers SET history_day_open = 10, json_exported = true WHERE user_id = 103")"
    ok "a change that also sets the flag leaves a pending row pending" 3 "$(
        after "UPDATE dwh.datamartusers SET json_exported = false WHERE user_id = 103" \
            "UPDATE dwh.datamartusers SET history_day_open = 11, json_exported = true WHERE user_id = 103")"
    ok "and a row whose flag is NULL" 3 "$(
        after "UPDATE dwh.datamartusers SET json_exported = NULL WHERE user_id = 103" \
            "UPDATE dwh.datamartusers SET history_day_open = 12, json_exported = true WHERE user_id = 103")"
    ok "a mark alone passes, whoever sets it" t "$(clean_slate
        q "UPDATE dwh.datamartusers SET json_exported = false" "UPDATE dwh.datamartusers SET json_exported = true" \
            "SELECT bool_and(json_exported) FROM dwh.datamartusers")"
    ok "the exporter's mark passes" none "$(
        after "UPDATE dwh.datamartusers SET json_exported = false" "UPDATE dwh.datamartcountries SET json_exported = false" \
            "SET ROLE osm_notes_exporter" \
            "UPDATE dwh.datamartusers SET json_exported = true" "UPDATE dwh.datamartcountries SET json_exported = true" \
            "RESET ROLE")"
    ok "a mark and a change after it in one transaction leave the row pending" 3 "$(
        after "UPDATE dwh.datamartusers SET json_exported = false WHERE user_id = 103" \
            "BEGIN; UPDATE dwh.datamartusers SET json_exported = true WHERE user_id = 103; UPDATE dwh.datamartusers SET history_day_open = 13 WHERE user_id = 103; COMMIT")"
    ok "a new row is pending, whatever it says" 11 "$(
        after "INSERT INTO dwh.datamartusers (dimension_user_id, user_id, json_exported) VALUES (11, 111, true)")"
    ok "an upsert that changes the row makes it pending" 3 "$(
        after "INSERT INTO dwh.datamartusers (dimension_user_id, user_id, json_exported) VALUES (3, 103, true)
               ON CONFLICT (dimension_user_id) DO UPDATE SET history_day_open = 14")"
    ok "a column added later is watched too" 3 "$(
        after "ALTER TABLE dwh.datamartusers ADD history_2027_open integer" \
            "UPDATE dwh.datamartusers SET history_2027_open = 1 WHERE user_id = 103")"
    ok "and can be dropped" none "$(after "ALTER TABLE dwh.datamartusers DROP history_2027_open")"
    ok "updates notify nobody" "1 10 11 2 3 4 5 6 7 8 9" "$(
        after "LISTEN osm_notes_export" "UPDATE dwh.datamartusers SET history_day_open = 15" "SELECT NULL WHERE false" \
            "UPDATE dwh.dimension_users SET modified = true" "UPDATE dwh.datamartusers SET json_exported = true")"
    setup "DELETE FROM dwh.datamartusers WHERE dimension_user_id = 11"
}

check_removals() {
    local all="DELETE FROM dwh.datamartusers WHERE dimension_user_id IN"
    ok "deleted users are logged, published ids only" "users:101 users:102" "$(removals "BEGIN; $all (1, 2, 8, 9, 10)")"
    ok "a deleted country is logged" "countries:1003" "$(removals "DELETE FROM dwh.datamartcountries WHERE country_id = 1003")"
    ok "a delete that hits nothing is not" none "$(removals "DELETE FROM dwh.datamartusers WHERE user_id = 999")"
    ok "an id that changes is logged" "users:103" "$(removals "UPDATE dwh.datamartusers SET user_id = 203 WHERE user_id = 103")"
    ok "also of a row that is pending already" "users:203" "$(removals "UPDATE dwh.datamartusers SET history_day_open = 70 WHERE user_id = 203" "UPDATE dwh.datamartusers SET user_id = 303 WHERE user_id = 203")"
    ok "also in the statement that sets the flag" "users:303" "$(removals "UPDATE dwh.datamartusers SET user_id = 403, json_exported = true WHERE user_id = 303")"
    ok "also in one that takes it away" "users:403" "$(removals "UPDATE dwh.datamartusers SET user_id = 203, json_exported = NULL WHERE user_id = 403")"
    ok "an id that becomes NULL too" "users:203" "$(removals "UPDATE dwh.datamartusers SET user_id = NULL WHERE user_id = 203")"
    ok "an id that was not published is not" none "$(removals "UPDATE dwh.datamartusers SET user_id = 103 WHERE dimension_user_id = 3" "UPDATE dwh.datamartusers SET user_id = 5000 WHERE user_id = 0")"
    ok "a country's id that changes is logged" "countries:1002" "$(removals "UPDATE dwh.datamartcountries SET country_id = 2002 WHERE country_id = 1002")"
    ok "an id that another row carries as well is logged too" "users:106" "$(removals "DELETE FROM dwh.datamartusers WHERE dimension_user_id = 6")"
    setup "INSERT INTO dwh.datamartusers (dimension_user_id, user_id) VALUES (6, 106)"
    ok "also when it changes" "users:106" "$(removals "UPDATE dwh.datamartusers SET user_id = 206 WHERE dimension_user_id = 6")"
    setup "UPDATE dwh.datamartusers SET user_id = 106 WHERE dimension_user_id = 6"
    ok "a truncated table is one line without id" "users:all" "$(removals "CREATE TABLE kept AS SELECT * FROM dwh.datamartusers" "TRUNCATE dwh.datamartusers" "INSERT INTO dwh.datamartusers SELECT * FROM kept" "DROP TABLE kept")"
}

check_dimensions() {
    local changed="UPDATE dwh.dimension_users SET"
    ok "modified that becomes true makes the row pending" "2 3" "$(after "$changed modified = true WHERE user_id IN (102, 103)")"
    ok "from NULL as well" 2 "$(after "ALTER TABLE dwh.dimension_users DISABLE TRIGGER USER" "$changed modified = NULL WHERE user_id = 102" "ALTER TABLE dwh.dimension_users ENABLE TRIGGER USER" "$changed modified = true WHERE user_id = 102")"
    ok "modified that becomes false, or stays true, does not" none "$(
        after "$changed modified = true" "DELETE FROM dwh.json_export_log" \
            "$changed modified = true" "$changed modified = false")"
    ok "a country's modified makes it pending" c1 "$(after "UPDATE dwh.dimension_countries SET modified = true WHERE country_id = 1001")"
    ok "is_current makes it pending" 7 "$(after "$changed is_current = NULL WHERE dimension_user_id = 7")"
    ok "experience_level_id too" 2 "$(after "$changed experience_level_id = 2 WHERE user_id = 102")"
    ok "username too" 2 "$(after "$changed username = 'renamed' WHERE user_id = 102")"
    ok "user_id too" 2 "$(after "$changed user_id = 1102 WHERE user_id = 102")"
    ok "a country's id too" c1 "$(after "UPDATE dwh.dimension_countries SET country_id = 1 WHERE country_id = 1001")"
    ok "valid_to too, as the export view may read it" 3 "$(after "$changed valid_to = now() WHERE user_id = 103")"
    ok "what stays the same does not" none "$(after "$changed valid_to = valid_to, username = username")"
    ok "a country's name too" c1 "$(after "UPDATE dwh.dimension_countries SET country_name = 'x' WHERE dimension_country_id = 1")"
    ok "a column that was added later makes each row of its statement pending" "3 4" "$(
        after "ALTER TABLE dwh.dimension_users ADD COLUMN added text" "$changed added = 'x' WHERE user_id IN (103, 104)")"
    setup "ALTER TABLE dwh.dimension_users DROP COLUMN added"
    ok "a key that changes concerns the old and the new row" "12 2" "$(
        after "$changed dimension_user_id = 12 WHERE dimension_user_id = 2")"
    setup "UPDATE dwh.dimension_users SET dimension_user_id = 2 WHERE dimension_user_id = 12" "DELETE FROM dwh.json_export_log"
    ok "a deleted dimension row makes its row pending" 5 "$(after "DELETE FROM dwh.dimension_users WHERE dimension_user_id = 5")"
    ok "one that comes back too" 5 "$(after "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, is_current) VALUES (5, 105, true)")"
    ok "a truncated dimension asks for a full export" "dimension_countries changed" "$(full_requested "BEGIN; TRUNCATE dwh.dimension_countries; COMMIT")"
    setup "INSERT INTO dwh.dimension_countries (dimension_country_id, country_id) VALUES (1, 1001), (2, 1002)"

    clean_slate
    hold "UPDATE dwh.datamartusers SET history_day_open = 99 WHERE dimension_user_id = 1" "DELETE FROM dwh.datamartusers WHERE dimension_user_id = 2"
    ok "no dimension change waits for rows that are being recomputed" "1 2 3" "$(
        q "SET lock_timeout = '3s'" "$changed modified = true WHERE dimension_user_id IN (1, 2)" \
            "$changed experience_level_id = 5 WHERE dimension_user_id IN (2, 3)" "$WAITING")"
    release
}

check_names() {
    local table
    for table in contributor_types:contributor_type_id:contributor_type_name dimension_experience_levels:dimension_experience_id:experience_level; do
        IFS=: read -r table key name <<<"$table"
        ok "$table: a new name asks for a full export" "$table changed" "$(full_requested "UPDATE dwh.$table SET $name = 'renamed' WHERE $key = 1")"
        ok "$table: the same name does not" no "$(full_requested "UPDATE dwh.$table SET $name = $name")"
        ok "$table: a new row does" "$table changed" "$(full_requested "INSERT INTO dwh.$table ($key, $name) VALUES (30, 'new')")"
        ok "$table: an insert of nothing does not" no "$(full_requested "INSERT INTO dwh.$table ($key, $name) VALUES (30, 'new') ON CONFLICT DO NOTHING")"
        ok "$table: a deleted row does" "$table changed" "$(full_requested "DELETE FROM dwh.$table WHERE $key = 30")"
        ok "$table: a delete of nothing does not" no "$(full_requested "DELETE FROM dwh.$table WHERE $key = 30")"
        ok "$table: TRUNCATE does" "$table changed" "$(full_requested "TRUNCATE dwh.$table")"
        setup "INSERT INTO dwh.$table ($key, $name) VALUES (1, 'one'), (2, 'two')"
    done
}

# marks STATEMENT...: the lines about rows that others marked.
marks() {
    clean_slate
    q "$@" "SELECT coalesce(string_agg(dataset || ' ' || key || ' ' || reason, ', ' ORDER BY dataset, key), 'none') FROM dwh.json_export_log" | tail -n 1
}

# shellcheck disable=SC2119
check_marks() {
    local pending="UPDATE dwh.datamartusers SET json_exported = false WHERE user_id IN (101, 102)"
    local mark="UPDATE dwh.datamartusers SET json_exported = true WHERE user_id IN (101, 102)"
    setup "GRANT USAGE ON SCHEMA dwh TO $etl" "GRANT SELECT, UPDATE ON dwh.datamartusers, dwh.datamartcountries TO $etl"
    ok "a mark of somebody else is noted, with who and what, and the row waits" \
        "users 1 marked by $PGUSER, the old script, users 2 marked by $PGUSER, the old script" \
        "$(PGAPPNAME="the old script" marks "$pending" "$mark")"
    ok "of a country too" "countries 1 marked by $PGUSER, psql" "$(
        marks "UPDATE dwh.datamartcountries SET json_exported = false" \
            "UPDATE dwh.datamartcountries SET json_exported = true WHERE country_id = 1001")"
    ok "by a role that may write to no table of ours" "1 2" "$(
        clean_slate; setup "$pending"; as "$etl" "$mark"; q "$WAITING")"
    ok "without a name of the application" "users 1 marked by $PGUSER, no application name, users 2 marked by $PGUSER, no application name" \
        "$(marks "$pending" "SET application_name = ''" "$mark")"
    ok "what was marked already is not marked again" none "$(marks "$mark")"
    ok "a mark that hides a change is refused, so that the row waits anyway" none "$(
        marks "$pending" "UPDATE dwh.datamartusers SET json_exported = true, history_day_open = 77 WHERE user_id IN (101, 102)")"
    ok "the exporter's role is known" none "$(marks "$pending" "SET ROLE osm_notes_exporter" "$mark" "RESET ROLE")"
    ok "and so is an exporter with another role" none "$(marks "$pending" "SET json_export.exporter = on" "$mark")"
    ok "without a key all is compared" "datamartusers changed" "$(
        full_requested "ALTER TABLE dwh.datamartusers RENAME dimension_user_id TO another_key" "$pending" "$mark")"
    setup "ALTER TABLE dwh.datamartusers RENAME another_key TO dimension_user_id"
    ok "a table that was put aside tells nothing" none "$(
        marks "ALTER TABLE dwh.datamartusers RENAME TO put_aside" \
            "UPDATE dwh.put_aside SET json_exported = false WHERE user_id = 101" \
            "UPDATE dwh.put_aside SET json_exported = true WHERE user_id = 101")"
    setup "ALTER TABLE dwh.put_aside RENAME TO datamartusers"
    uninstall >/dev/null
    setup "$pending" "$mark"
    ok "after uninstall marks are nobody's business" 0 "$(q "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")"
}

run_checks "$EXPECTED_CHECKS" prepare check_changes check_removals check_dimensions check_names check_marks
