#!/bin/bash
#
# json_export_watch() and json_export_unwatch() of sql/install.sql: what they make and take away, what they refuse, and who may
# call them; what uninstall.sql takes for ours. What a second call for a table does is in install_sql_watch_again_test.sh.
#
#   PGHOST=DIR PGUSER=postgres tests/integration/install_sql_watch_test.sh
#
# As install_sql_test.sh.

set -uo pipefail

readonly EXPECTED_CHECKS=112

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly db=install_sql_watch_$$
readonly shop_db=install_sql_shop_$$
readonly owner=install_sql_watch_owner_$$
readonly plain=install_sql_watch_plain_$$
readonly names_db=install_sql_names_$$
readonly databases=("$db" "$shop_db" "$names_db")
readonly roles=("$owner" "$plain")

# shellcheck source=tests/integration/install_sql_support.sh
source "$root/tests/integration/install_sql_support.sh"

readonly WATCH="SELECT dwh.json_export_watch('datamarthashtags', 'dimension_hashtag_id', 'hashtag_id', dimension => 'dimension_hashtags', reads => '{languages}')"
readonly LOGGED="SELECT coalesce(string_agg(concat_ws(':', dataset, key, entity_id, reason), ' ' ORDER BY dataset, key, entity_id, reason), 'none') FROM dwh.json_export_log"

# own TABLE...: as the owner of all other tables.
own() {
    local table
    for table in "$@"; do
        setup "ALTER TABLE dwh.\"$table\" OWNER TO $owner"
    done
}

make_tables() {
    export PGDATABASE=$db
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" || bail_out "datamart.sql failed"
    fill
    setup "DROP VIEW dwh.datamartusers_export" "GRANT CREATE, USAGE ON SCHEMA dwh TO $owner, $plain" \
        "CREATE TABLE dwh.dimension_hashtags (dimension_hashtag_id int PRIMARY KEY, note text, modified boolean)" \
        "CREATE TABLE dwh.datamarthashtags (dimension_hashtag_id int PRIMARY KEY, hashtag_id bigint, hashtag text)" \
        "CREATE TABLE dwh.languages (id int PRIMARY KEY, name text)" \
        "CREATE TABLE dwh.strangers (id int PRIMARY KEY)" "ALTER TABLE dwh.strangers OWNER TO $plain" \
        "CREATE TABLE dwh.\"Odd '\"\"); name\" (\"the \"\"key'\" int PRIMARY KEY, id bigint)"
    own datamartusers datamartcountries datamartglobal contributor_types dimension_users dimension_countries \
        dimension_experience_levels dimension_hashtags datamarthashtags languages
    contains "install" "$installed" "$(install)"
}

check_watched() {
    local before
    before=$(fingerprint)
    ok "the owner watches a table" "" "$(as "$owner" "$WATCH")"
    ok "which asks for a full export" "datamarthashtags is watched" "$(q "SELECT reason FROM dwh.json_export_log WHERE reason ~ 'watched'")"
    ok "it has the flag, boolean, default false" "boolean false" "$(q "SELECT data_type, column_default FROM information_schema.columns
            WHERE table_name = 'datamarthashtags' AND column_name = 'json_exported'" | tr '|' ' ')"
    ok "the triggers of users, on table and dimension" t "$(q "SELECT array_agg(tgname || tgenabled::text ORDER BY tgname) FILTER (WHERE relname ~ 'hashtags') =
            array_agg(tgname || tgenabled::text ORDER BY tgname) FILTER (WHERE relname ~ 'users')
            FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname ~ '^json_export_'")"
    ok "on what is read as well those of names" "7" "$(q "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'dwh.languages'::regclass AND tgname ~ '^json_export_names_'")"
    ok "indexes for pending rows and ids, none where the primary key serves" "json_export_datamarthashtags_id json_export_datamarthashtags_pending" \
        "$(q "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'datamarthashtags' AND indexname ~ '^json_export'")"
    ok "all of it belongs to the owner" "$owner" "$(q "SELECT string_agg(DISTINCT o::regrole::text, ' ') FROM (
               SELECT relowner FROM pg_class WHERE relname LIKE 'json\_export\_%'
               UNION SELECT proowner FROM pg_proc WHERE proname LIKE '%json\_export%') AS x (o)")"
    ok "the exporter may read, and set the flag, and nothing more" "t t t f f" "$(q "SELECT
            has_table_privilege('osm_notes_exporter', 'dwh.datamarthashtags', 'SELECT'), has_table_privilege('osm_notes_exporter', 'dwh.languages', 'SELECT'),
            has_column_privilege('osm_notes_exporter', 'dwh.datamarthashtags', 'json_exported', 'UPDATE'),
            has_column_privilege('osm_notes_exporter', 'dwh.datamarthashtags', 'hashtag', 'UPDATE'),
            has_table_privilege('osm_notes_exporter', 'dwh.datamarthashtags', 'DELETE')" | tr '|' ' ')"
    setup "INSERT INTO dwh.datamarthashtags SELECT n, 500 + n, 'tag ' || n FROM generate_series(1, 5) n" \
        "INSERT INTO dwh.dimension_hashtags SELECT n, 'note', false FROM generate_series(1, 5) n" "INSERT INTO dwh.languages VALUES (1, 'x')"
    clean_hashtags
    ok "an update makes a row pending" "2" "$(q "UPDATE dwh.datamarthashtags SET hashtag = 'new' WHERE hashtag_id = 502" \
        "SELECT string_agg(dimension_hashtag_id::text, ' ') FROM dwh.datamarthashtags WHERE json_exported IS NOT TRUE")"
    ok "an update of nothing does not" "0" "$(clean_hashtags; q "UPDATE dwh.datamarthashtags SET hashtag = hashtag" \
        "SELECT count(*) FROM dwh.datamarthashtags WHERE json_exported IS NOT TRUE")"
    ok "removals and other numbers are logged" "datamarthashtags:501 datamarthashtags:503" "$(clean_hashtags; q "DELETE FROM dwh.datamarthashtags WHERE hashtag_id = 501" \
        "UPDATE dwh.datamarthashtags SET hashtag_id = 600 WHERE hashtag_id = 503" "$LOGGED")"
    ok "so are changes of the dimension" "datamarthashtags:4" "$(clean_hashtags; q "UPDATE dwh.dimension_hashtags SET note = 'y' WHERE dimension_hashtag_id = 4" "$LOGGED")"
    ok "what is read besides changes everything" "languages changed" "$(clean_hashtags; q "UPDATE dwh.languages SET name = 'y'" "$LOGGED")"
    ok "TRUNCATE is logged" "datamarthashtags:truncated" "$(clean_hashtags; q "TRUNCATE dwh.datamarthashtags" "$LOGGED")"
    contains "who marks rows besides the exporter is noted" "datamarthashtags:9:marked by" "$(clean_hashtags
        q "INSERT INTO dwh.datamarthashtags VALUES (9, 509, 'nine')" "DELETE FROM dwh.json_export_log" "UPDATE dwh.datamarthashtags SET json_exported = true" "$LOGGED")"
    ok "json_export_status has a line for it, after those of install.sql" "users countries datamarthashtags" \
        "$(as osm_notes_exporter "SELECT string_agg(dataset, ' ') FROM dwh.json_export_status")"
    ok "which counts" "1|1" "$(q "SELECT rows, pending FROM dwh.json_export_status WHERE dataset = 'datamarthashtags'")"
    clean_hashtags
    before=$(fingerprint)
    ok "once more changes nothing" "$before" "$(as "$owner" "$WATCH" >/dev/null; fingerprint)"
    ok "and asks for nothing" none "$(q "$LOGGED")"
    contains "install.sql knows of it" "$installed" "$(install)"
    ok "and finds all of it in place" "$before" "$(fingerprint)"
    ok "so it asks for nothing either" none "$(q "$LOGGED")"
}

clean_hashtags() {
    setup "UPDATE dwh.datamarthashtags SET json_exported = true" "DELETE FROM dwh.json_export_log"
}

check_repaired() {
    setup "DROP TRIGGER json_export_changed ON dwh.datamarthashtags" "DELETE FROM dwh.json_export_log"
    install >/dev/null
    ok "install.sql makes a trigger that was dropped again, and asks for a full export" "triggers were missing 1" \
        "$(q "SELECT reason || ' ' || (SELECT count(*) FROM pg_trigger WHERE tgname = 'json_export_changed' AND tgrelid = 'dwh.datamarthashtags'::regclass) FROM dwh.json_export_log")"
    setup "ALTER TABLE dwh.datamarthashtags RENAME TO old_hashtags"
    contains "a table that is gone is passed over" "$installed" "$(install)"
    ok "also by the status" "users countries" "$(q "SELECT string_agg(dataset, ' ') FROM dwh.json_export_status")"
    setup "CREATE TABLE dwh.datamarthashtags (dimension_hashtag_id int PRIMARY KEY, hashtag_id bigint, hashtag text)"
    own datamarthashtags
    install >/dev/null
    ok "when it is there again it is watched again" "10 json_export_datamarthashtags_id json_export_datamarthashtags_pending" "$(q "SELECT
            (SELECT count(*) FROM pg_trigger WHERE tgname ~ '^json_export_' AND tgrelid = 'dwh.datamarthashtags'::regclass) + 3 || ' ' ||
            string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'datamarthashtags' AND indexname ~ '^json_export'")"
    setup "ALTER TABLE dwh.datamarthashtags DROP COLUMN hashtag_id"
    contains "a column that it needs and is gone is named" 'table "dwh"."datamarthashtags" has no column "hashtag_id"' "$(install)"
    contains "with what can be done" "SELECT dwh.json_export_unwatch('datamarthashtags')" "$(install)"
    setup "ALTER TABLE dwh.datamarthashtags ADD COLUMN hashtag_id bigint" "DROP TABLE dwh.old_hashtags CASCADE"
    install >/dev/null
}

# refused NAME TEXT ARGUMENTS
refused() {
    local before
    before=$(fingerprint)
    contains "$1" "$2" "$(as "$owner" "SELECT dwh.json_export_watch($3)")"
    [[ $before == "$(fingerprint)" ]] || ok "$1: nothing is changed" "$before" changed
}

check_refused() {
    setup "CREATE TABLE dwh.words (id text PRIMARY KEY, n numeric)" "CREATE TABLE dwh.made (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)" \
        "CREATE TABLE dwh.flagged (id int PRIMARY KEY, json_exported text)" "CREATE VIEW dwh.shown AS SELECT 1 AS id" \
        "CREATE TABLE dwh.a_name_that_is_longer_than_thirty_two (id int PRIMARY KEY)"
    setup "CREATE TABLE dwh.more (dimension_user_id int PRIMARY KEY)"
    setup "CREATE TABLE dwh.parted (id int NOT NULL) PARTITION BY RANGE (id)" \
        "CREATE TABLE dwh.parted_low PARTITION OF dwh.parted FOR VALUES FROM (0) TO (9)" \
        "CREATE TABLE dwh.heard (id int PRIMARY KEY)" "CREATE TABLE dwh.heir () INHERITS (dwh.heard)"
    own more words made flagged shown a_name_that_is_longer_than_thirty_two parted parted_low heard heir
    refused "no such table" 'relation "dwh"."nothing" does not exist' "'nothing', 'id', 'id'"
    refused "no such column" '"dwh"."words" has no column "nothing"' "'words', 'nothing', 'id'"
    refused "a system column" '"dwh"."words" has no column "ctid"' "'words', 'ctid', 'ctid'"
    refused "a key that is no integer" 'column "id" of "dwh"."words" is of type text' "'words', 'id', 'id'"
    refused "an id that is no integer" 'column "n" of "dwh"."words" is of type numeric' "'words', 'n', 'n'"
    refused "generated columns" '"dwh"."made" has a column that prevents it: twice' "'made', 'id', 'id'"
    refused "a flag of another type" 'has a column that prevents it: json_exported' "'flagged', 'id', 'id'"
    refused "a view" '"dwh"."shown" is not a table of this database' "'shown', 'id', 'id'"
    refused "a partition" '"dwh"."parted_low" is a partition' "'parted_low', 'id', 'id'"
    as "$owner" "SELECT dwh.json_export_watch('parted', 'id', 'id')" >/dev/null
    refused "a partition of a table that is watched" '"dwh"."parted_low" is a partition' "'parted_low', 'id', 'id', 'p'"
    as "$owner" "SELECT dwh.json_export_unwatch('parted')" >/dev/null
    refused "a table with heirs" '"dwh"."heard" cannot be watched, as dwh.heir inherits' "'heard', 'id', 'id'"
    refused "an heir" '"dwh"."heir" cannot be watched, as dwh.heir inherits' "'heir', 'id', 'id'"
    refused "a dimension with heirs" '"dwh"."heard" cannot be watched' "'languages', 'id', 'id', 'w', 'heard'"
    refused "no name at all" 'does not exist' "NULL, 'id', 'id', 'x'"
    refused "a table of somebody else" "\"dwh\".\"strangers\" belongs to $plain, not to $owner" "'strangers', 'id', 'id'"
    refused "a dimension of somebody else" "\"dwh\".\"strangers\" belongs to $plain" "'languages', 'id', 'id', 'w', 'strangers'"
    refused "a catalog" 'relation "dwh"."pg_authid" does not exist' "'pg_authid', 'oid', 'oid'"
    refused "another schema" 'relation "dwh"."pg_catalog.pg_authid" does not exist' "'pg_catalog.pg_authid', 'oid', 'oid', 'x'"
    refused "a name that is too long" '"a_name_that_is_longer_than_thirty_two" cannot be the name of a dataset' "'a_name_that_is_longer_than_thirty_two', 'id', 'id'"
    refused "a name that is SQL" 'cannot be the name of a dataset' "'languages', 'id', 'id', 'x(); RESET ROLE; --'"
    refused "the star of the log" 'cannot be the name of a dataset' "'languages', 'id', 'id', '*'"
    refused "users once more" '"datamartusers" is watched already, as dataset users' "'datamartusers', 'dimension_user_id', 'user_id'"
    refused "the same table by another key" '"datamarthashtags" is watched already' "'datamarthashtags', 'hashtag_id', 'hashtag_id'"
    refused "a dimension that is another's" 'is watched already, as dataset users' "'more', 'dimension_user_id', 'dimension_user_id', 'l', 'dimension_users'"
    refused "a name that is another's" 'is watched already, as dataset users' "'languages', 'id', 'id', 'users'"
    setup "DROP VIEW dwh.shown" "DROP TABLE dwh.parted, dwh.heir, dwh.heard" "DROP TABLE dwh.more, dwh.words, dwh.made, dwh.flagged, dwh.a_name_that_is_longer_than_thirty_two"
}

check_who_may() {
    contains "another role may not watch" "permission denied for function json_export_watch" "$(as "$plain" "SELECT dwh.json_export_watch('strangers', 'id', 'id')")"
    contains "nor end it" "permission denied for function json_export_unwatch" "$(as "$plain" "SELECT dwh.json_export_unwatch('datamarthashtags')")"
    contains "nor make the parts of it" "permission denied for function json_export_prepare" "$(as "$plain" "SELECT dwh.json_export_prepare('s', 'strangers', 'id', 'id', NULL, '{}', NULL)")"
    contains "nor the exporter" "permission denied for function json_export_watch" "$(as osm_notes_exporter "SELECT dwh.json_export_watch('languages', 'id', 'id')")"
    setup "ALTER ROLE $plain LOGIN" "GRANT EXECUTE ON FUNCTION dwh.json_export_watch(text, text, text, text, text, text[]), dwh.json_export_unwatch(text) TO $plain"
    contains "who was given the function is not the owner" "only $owner, the owner of what is installed, may watch tables" "$(PGUSER=$plain q "SELECT dwh.json_export_watch('languages', 'id', 'id')")"
    contains "in both directions" "only $owner, the owner of what is installed, may end this" "$(PGUSER=$plain q "SELECT dwh.json_export_unwatch('datamarthashtags')")"
    setup "REVOKE EXECUTE ON FUNCTION dwh.json_export_watch(text, text, text, text, text, text[]), dwh.json_export_unwatch(text) FROM $plain" "ALTER ROLE $plain NOLOGIN"
    own "Odd '\"\"); name"
    ok "a superuser may, and whatever a name holds is a name" "" "$(q "SELECT dwh.json_export_watch('Odd ''\"); name', 'the \"key''', 'id', 'odd')")"
    ok "all belongs to the owner then as well" "$owner" "$(q "SELECT string_agg(DISTINCT proowner::regrole::text, ' ') FROM pg_proc WHERE proname ~ '^json_export_odd_'")"
    ok "and works" "odd:7" "$(q "INSERT INTO dwh.\"Odd '\"\"); name\" VALUES (1, 7)" "DELETE FROM dwh.json_export_log" "DELETE FROM dwh.\"Odd '\"\"); name\"" "$LOGGED")"
    ok "and ends" "0" "$(q "SELECT dwh.json_export_unwatch('Odd ''\"); name')" "SELECT count(*) FROM pg_proc WHERE proname ~ '^json_export_odd_'" | tail -n 1)"

    # The owner says that something else is watched: it stands in a comment, of which install.sql makes statements.
    as "$owner" "CREATE FUNCTION dwh.json_export_evil_lost(text, text) RETURNS void LANGUAGE sql AS ''" \
        "COMMENT ON FUNCTION dwh.json_export_evil_lost(text, text) IS 'osm-notes-exportd: watches {\"dataset\": \"evil_lost(text, text) RETURNS void LANGUAGE sql AS \$\$\$\$; RESET ROLE; ALTER ROLE $owner SUPERUSER; --\", \"relation\": \"languages\", \"key_column\": \"id\", \"id_column\": \"id\", \"reads\": []}'"
    install >/dev/null
    ok "a hostile comment is not run" f "$(q "SELECT rolsuper FROM pg_roles WHERE rolname = '$owner'")"
    as "$owner" "COMMENT ON FUNCTION dwh.json_export_evil_lost(text, text) IS 'osm-notes-exportd: watches {\"dataset\": \"evil\", \"relation\": \"strangers\", \"key_column\": \"id\", \"id_column\": \"id\", \"reads\": []}'"
    contains "one that names a table of others is refused" "\"dwh\".\"strangers\" belongs to $plain" "$(install)"
    as "$owner" "DROP FUNCTION dwh.json_export_evil_lost(text, text)"
    as "$plain" "CREATE FUNCTION dwh.json_export_fake_lost(text, text) RETURNS void LANGUAGE sql AS ''" \
        "COMMENT ON FUNCTION dwh.json_export_fake_lost(text, text) IS 'osm-notes-exportd: watches {\"dataset\": \"fake\", \"relation\": \"strangers\", \"key_column\": \"id\", \"id_column\": \"id\", \"reads\": []}'"
    ok "of others it is not believed" "users countries datamarthashtags" "$(q "SELECT string_agg(dataset, ' ') FROM dwh.json_export_status")"
    as "$plain" "DROP FUNCTION dwh.json_export_fake_lost(text, text)"
}

check_unwatched() {
    contains "what is not watched cannot end" '"languages" is not watched' "$(as "$owner" "SELECT dwh.json_export_unwatch('languages')")"
    contains "users are install.sql's" '"datamartusers" is part of install.sql' "$(as "$owner" "SELECT dwh.json_export_unwatch('datamartusers')")"
    setup "CREATE VIEW dwh.needs_it AS SELECT json_exported FROM dwh.datamarthashtags"
    contains "a flag that somebody needs is not dropped" "cannot drop column json_exported" "$(as "$owner" "SELECT dwh.json_export_unwatch('datamarthashtags')")"
    ok "and nothing else either" 7 "$(q "SELECT count(*) FROM pg_trigger WHERE tgname ~ '^json_export_' AND tgrelid = 'dwh.datamarthashtags'::regclass")"
    setup "DROP VIEW dwh.needs_it" "INSERT INTO dwh.json_export_log (dataset, key) VALUES ('datamarthashtags', 1), ('users', 1)"
    ok "the owner ends it" "" "$(as "$owner" "SELECT dwh.json_export_unwatch('datamarthashtags')")"
    ok "functions, indexes and triggers are gone" "0 0 0" "$(q "SELECT (SELECT count(*) FROM pg_proc WHERE proname ~ 'hashtags'), (SELECT count(*) FROM pg_class WHERE relname ~ '^json_export.*hashtags'),
            (SELECT count(*) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE relname ~ 'hashtags|languages' AND tgname ~ '^json_export')" | tr '|' ' ')"
    ok "the flag, which was not there before, too" 0 "$(q "SELECT count(*) FROM pg_attribute WHERE attrelid = 'dwh.datamarthashtags'::regclass AND attname = 'json_exported'")"
    ok "and the rights" f "$(q "SELECT has_any_column_privilege('osm_notes_exporter', 'dwh.datamarthashtags', 'SELECT, UPDATE')")"
    ok "and its lines of the log alone" "users" "$(q "SELECT string_agg(dataset, ' ') FROM dwh.json_export_log")"
    setup "ALTER TABLE dwh.datamarthashtags ADD COLUMN json_exported boolean DEFAULT false"
    as "$owner" "$WATCH" "SELECT dwh.json_export_unwatch('datamarthashtags')" >/dev/null
    ok "a flag that was there before stays" 1 "$(q "SELECT count(*) FROM pg_attribute WHERE attrelid = 'dwh.datamarthashtags'::regclass AND attname = 'json_exported'")"
    ok "but the right to set it does not" f "$(q "SELECT has_any_column_privilege('osm_notes_exporter', 'dwh.datamarthashtags', 'SELECT, UPDATE')")"
    as "$owner" "$WATCH" >/dev/null
    contains "uninstall.sql" "nothing is installed in schema dwh any more" "$(uninstall)"
    ok "takes all of it away" "0 f" "$(ours dwh) $(q "SELECT has_any_column_privilege('osm_notes_exporter', 'dwh.datamarthashtags', 'SELECT, UPDATE')")"
    contains "after that it can be installed" "$installed" "$(install)"
    ok "without it" "users countries" "$(q "SELECT string_agg(dataset, ' ') FROM dwh.json_export_status")"
}

check_without_built_in() {
    export PGDATABASE=$shop_db
    setup "CREATE SCHEMA dwh" "ALTER SCHEMA dwh OWNER TO $owner" "CREATE TABLE dwh.product (product_id int PRIMARY KEY, name text)" "INSERT INTO dwh.product VALUES (1, 'a'), (2, 'b')" \
        "GRANT CREATE ON DATABASE $shop_db TO $owner"
    own product
    contains "a database that is no warehouse is refused, with what to do" "In a database without them: -v built_in=off." "$(install)"
    contains "with it it is installed" "$installed" "$(PGOPTIONS="-c role=$owner" install -v built_in=off)"
    ok "there is no dataset yet" "" "$(q "SELECT * FROM dwh.json_export_status")"
    as "$owner" "SELECT dwh.json_export_watch('product', 'product_id', 'product_id')" >/dev/null
    ok "then there is one" "product|2|2" "$(as osm_notes_exporter "SELECT dataset, rows, pending FROM dwh.json_export_status")"
    contains "a superuser keeps the owner in a later run" "$installed" "$(install -v built_in=off)"
    ok "which is the first one" "$owner" "$(q "SELECT string_agg(DISTINCT proowner::regrole::text, ' ') FROM pg_proc WHERE proname ~ 'json_export'")"
    uninstall >/dev/null
    ok "and nothing remains after uninstall.sql" 0 "$(ours dwh)"
}

# Names are texts of others: in functions, in statements that functions make, and in what psql makes of the file.
check_names() {
    local -r schema="\$body\$ it's \"%I\" \$sql\$" channel="\$body\$'%s" evil="k\$body\$;CREATE TABLE IF NOT EXISTS public.bad();SELECT \$body\$"
    local -r s="\"${schema//\"/\"\"}\"" table="t\$body\$'%s" id="i\$make\$'" column="c\$body\$'"
    local -r watch="$s.json_export_watch('${table/\'/\'\'}', '$evil', '${id/\'/\'\'}', 'x'"
    export PGDATABASE=$names_db
    setup "CREATE SCHEMA $s" "CREATE TABLE $s.\"$table\" (\"$evil\" int PRIMARY KEY, \"$id\" int)" \
        "CREATE TABLE $s.\"d\$body\$\" (\"$evil\" int PRIMARY KEY, \"$column\" int)" "CREATE TABLE $s.\"r\$body\$\" (i int)" \
        "ALTER TABLE $s.\"$table\" OWNER TO $owner" "ALTER TABLE $s.\"d\$body\$\" OWNER TO $owner" "ALTER TABLE $s.\"r\$body\$\" OWNER TO $owner" \
        "ALTER SCHEMA $s OWNER TO $owner" "GRANT CREATE ON SCHEMA public TO $owner"
    contains "a schema and a channel of any name" "$installed in schema $schema" \
        "$(PGOPTIONS="-c role=$owner" install -v built_in=off -v schema="$schema" -v channel="$channel")"
    ok "a table, columns, a dimension and what is read as well" "" "$(as "$owner" "SET check_function_bodies = off" "SELECT $watch, 'd\$body\$', '{r\$body\$}')")"
    ok "nothing of them is run" "" "$(q "SELECT to_regclass('public.bad')")"
    contains "the second run" "$installed" "$(install -v built_in=off -v schema="$schema" -v channel="$channel")"
    ok "finds all in place" 1 "$(q "SELECT count(*) FROM $s.json_export_log")"
    ok "changes are logged" ":r\$body\$ changed x:1 x:2 x:7" "$(q "DELETE FROM $s.json_export_log" "INSERT INTO $s.\"$table\" VALUES (1, 1), (2, 2)" "INSERT INTO $s.\"d\$body\$\" VALUES (7, 0)" \
        "UPDATE $s.\"d\$body\$\" SET \"$column\" = 1" "UPDATE $s.\"$table\" SET \"$id\" = 3 WHERE \"$id\" = 1" "DELETE FROM $s.\"$table\" WHERE \"$id\" = 2" "INSERT INTO $s.\"r\$body\$\" VALUES (1)" \
        "SELECT string_agg(DISTINCT line, ' ' ORDER BY line) FROM (SELECT concat(dataset, ':', key, entity_id, CASE WHEN dataset IS NULL THEN reason END) FROM $s.json_export_log) AS l (line)")"
    ok "and marks of others" "x marked by $PGUSER, psql" "$(q "DELETE FROM $s.json_export_log" "UPDATE $s.\"$table\" SET json_exported = true" "SELECT dataset || ' ' || reason FROM $s.json_export_log")"
    ok "the status counts" "x|1|1" "$(q "SELECT dataset, rows, pending FROM $s.json_export_status")"
    contains "the channel is told" "notification \"$channel\"" "$(q "LISTEN \"$channel\"" "SELECT $s.request_json_export()" "SELECT $s.request_json_export(true, false)")"
    ok "watched anew, and no more" "" "$(as "$owner" "SELECT $watch)" "SELECT $s.json_export_unwatch('${table/\'/\'\'}')")"
    contains "uninstall.sql" "nothing is installed in schema $schema any more" "$(uninstall -v schema="$schema")"
    ok "takes all away" 0 "$(ours "${s//\'/\'\'}")"
}

# The users' table may be somebody's who has nothing to do with it, and a table may go elsewhere.
check_who_installed() {
    local said
    export PGDATABASE=$shop_db
    setup "CREATE TABLE dwh.datamartusers (i int)" "ALTER TABLE dwh.datamartusers OWNER TO $plain"
    shop_again() {
        PGOPTIONS="-c role=$owner" install -v built_in=off >/dev/null
        as "$owner" "SELECT dwh.json_export_watch('product', 'product_id', 'product_id')" >/dev/null
    }
    shop_again
    contains "a users' table of somebody else: uninstall.sql by a superuser" "nothing is installed in schema dwh any more" "$(uninstall)"
    ok "finds what is installed" 0 "$(ours dwh)"
    shop_again
    contains "and by its owner" "nothing is installed in schema dwh any more" "$(PGOPTIONS="-c role=$owner" uninstall)"
    ok "as well" 0 "$(ours dwh)"
    shop_again
    setup "ALTER FUNCTION dwh.json_export_truncated() OWNER TO $plain"
    said=$(uninstall)
    contains "parts that are another's are named" "of another owner than $owner, so left alone: function dwh.json_export_truncated() of $plain; trigger json_export_truncated on dwh.product" "$said"
    contains "the last line says that they remain" "what belongs to $owner is not installed in schema dwh any more; what the warning names remains" "$said"
    ok "and claims nothing else" "" "$(grep 'nothing is installed' <<<"$said")"
    setup "$(sed -n 's/.*as well: //p' <<<"$said")"
    ok "what can be done is said" 0 "$(ours dwh)"
    contains "after that it is true" "nothing is installed in schema dwh any more" "$(uninstall)"
    shop_again
    setup "CREATE SCHEMA elsewhere AUTHORIZATION $owner" "ALTER TABLE dwh.product SET SCHEMA elsewhere"
    contains "a table that went elsewhere stops nothing" "nothing is installed in schema dwh any more" "$(uninstall)"
    ok "and loses its triggers" 0 "$(ours dwh)"
}

run_checks "$EXPECTED_CHECKS" make_tables check_watched check_repaired check_refused check_who_may check_unwatched check_names check_without_built_in check_who_installed
