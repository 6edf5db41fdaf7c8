#!/bin/bash
#
# json_export_watch() of sql/install.sql, called once more for a table: with another dimension, with other reads, after tables got
# other names, after an earlier version left something; and what counts as a change then.
#
#   PGHOST=DIR PGUSER=postgres tests/integration/install_sql_watch_again_test.sh
#
# As install_sql_test.sh.

set -uo pipefail

readonly EXPECTED_CHECKS=67

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly db=install_sql_again_$$
readonly owner=install_sql_again_owner_$$
readonly databases=("$db")
readonly roles=("$owner")

# shellcheck source=tests/integration/install_sql_support.sh
source "$root/tests/integration/install_sql_support.sh"

readonly HASHTAGS=(datamarthashtags dimension_hashtag_id hashtag_id)
readonly DONE="osm-notes-exportd: $installed in schema dwh"

# watch RELATION KEY ID [ARGUMENTS]: as the owner; prints what is said.
watch() {
    as "$owner" '\set VERBOSITY default' "SELECT dwh.json_export_watch('$1', '$2', '$3'${4:+, $4})" | sed '/^$/d'
}

unwatch() {
    as "$owner" '\set VERBOSITY default' "SELECT dwh.json_export_unwatch('$1')" | sed '/^$/d'
}

watch_hashtags() {
    watch "${HASHTAGS[@]}" "dimension => 'dimension_hashtags', reads => '{languages}'"
}

# traces RELATION...: of which kinds each has triggers of ours, and what the exporter may do there; a name alone has nothing.
traces() {
    q "SELECT string_agg(concat_ws(' ', r.name, t.kinds, CASE WHEN has_any_column_privilege('osm_notes_exporter', r.id, 'SELECT') THEN 'read' END,
                                   CASE WHEN has_any_column_privilege('osm_notes_exporter', r.id, 'UPDATE') THEN 'mark' END), ', ' ORDER BY r.place)
         FROM (SELECT n.name, n.place, to_regclass('dwh.' || n.name)::oid FROM unnest(string_to_array('$*', ' ')) WITH ORDINALITY AS n (name, place)) AS r (name, place, id)
        CROSS JOIN LATERAL (SELECT string_agg(DISTINCT coalesce(substring(t.tgname FROM '^json_export_(dimension|names)_'), 'datamart'), ' ')
                              FROM pg_trigger t WHERE t.tgrelid = r.id AND t.tgname ^@ 'json_export_') AS t (kinds)"
}

# What is there besides that of users and countries: functions, indexes, flags, triggers.
left() {
    q "SELECT (SELECT count(*) FROM pg_proc WHERE proname ~ 'json_export_(datamarthashtags|words)_'),
              (SELECT count(*) FROM pg_class WHERE relname ~ 'json_export_(datamarthashtags|words)_'),
              (SELECT count(*) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE attname = 'json_exported' AND relname !~ 'users|countries'),
              (SELECT count(*) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname ^@ 'json_export_' AND relname !~ 'users|countries|contributor|experience')" | tr '|' ' '
}

# logs STATEMENT...: what is in the log after these.
logs() {
    setup "DELETE FROM dwh.json_export_log"
    q "$@" "SELECT coalesce(string_agg(concat_ws(':', dataset, key, entity_id, reason), ' ' ORDER BY dataset, key, entity_id, reason), 'none') FROM dwh.json_export_log"
}

make_tables() {
    local table
    export PGDATABASE=$db
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" || bail_out "datamart.sql failed"
    fill
    setup "DROP VIEW dwh.datamartusers_export" "GRANT CREATE, USAGE ON SCHEMA dwh TO $owner" \
        "CREATE TABLE dwh.datamarthashtags (dimension_hashtag_id int PRIMARY KEY, hashtag_id bigint, hashtag text)" \
        "CREATE TABLE dwh.dimension_hashtags (dimension_hashtag_id int PRIMARY KEY, note text, modified boolean, weight numeric)" \
        "CREATE TABLE dwh.tags (dimension_hashtag_id int PRIMARY KEY, note text)" "CREATE TABLE dwh.words (id int PRIMARY KEY)" \
        "CREATE TABLE dwh.languages (id int PRIMARY KEY, name text)" "CREATE TABLE dwh.regions (id int PRIMARY KEY, name text)" \
        "CREATE VIEW dwh.shown AS SELECT * FROM dwh.languages" \
        "INSERT INTO dwh.datamarthashtags SELECT n, 500 + n, 'tag ' || n FROM generate_series(1, 5) n" "INSERT INTO dwh.languages VALUES (1, 'x')" \
        "INSERT INTO dwh.dimension_hashtags SELECT n, 'note', n = 2, (n || '.0')::numeric FROM generate_series(1, 2) n"
    for table in datamartusers datamartcountries datamartglobal contributor_types dimension_users dimension_countries \
        dimension_experience_levels datamarthashtags dimension_hashtags tags words languages regions shown; do
        setup "ALTER TABLE dwh.$table OWNER TO $owner"
    done
    ok "install" "$DONE" "$(install)"
    ok "nothing else is watched" "0 0 0 0" "$(left)"
}

check_watched_again() {
    watch_hashtags
    ok "watched again with another dimension and other reads" "" "$(watch "${HASHTAGS[@]}" "dimension => 'tags', reads => '{regions,shown}'")"
    ok "the former ones have nothing of ours any more" "dimension_hashtags, languages, tags dimension read, regions names read, shown read" \
        "$(traces dimension_hashtags languages tags regions shown)"
    ok "so that what changes there says nothing" none "$(logs "UPDATE dwh.languages SET name = 'z'" "UPDATE dwh.dimension_hashtags SET note = 'z'")"
    ok "watched again without any" "" "$(watch "${HASHTAGS[@]}")"
    ok "they are free as well" "tags, regions, shown" "$(traces tags regions shown)"
    ok "the functions for a dimension are gone" "4 2 1 7" "$(left)"
    ok "what is watched still works" "datamarthashtags:505" "$(logs "DELETE FROM dwh.datamarthashtags WHERE hashtag_id = 505")"
    ok "the end" "" "$(unwatch datamarthashtags)"
    ok "leaves nothing" "0 0 0 0" "$(left)"
    watch_hashtags
    unwatch datamarthashtags
    ok "nor does that of a first time" "dimension_hashtags, languages, datamarthashtags" "$(traces dimension_hashtags languages datamarthashtags)"
}

check_shared() {
    watch "${HASHTAGS[@]}" "dimension => 'tags', reads => '{languages,regions,contributor_types,datamartglobal}'"
    watch words id id "reads => '{languages,tags}'"
    ok "what two datasets read" "languages names read, tags dimension names read, regions names read" "$(traces languages tags regions)"
    watch "${HASHTAGS[@]}"
    ok "stays for the other one, and for install.sql" "languages names read, tags names read, regions, contributor_types names read, datamartglobal read" \
        "$(traces languages tags regions contributor_types datamartglobal)"
    watch "${HASHTAGS[@]}" "dimension => 'tags'"
    watch words id id "reads => '{datamarthashtags}'"
    ok "also the table of the other one" "datamarthashtags datamart names read mark, tags dimension read, languages" "$(traces datamarthashtags tags languages)"
    ok "whose marks of ours are no change of what is read" none "$(
        logs "UPDATE dwh.datamarthashtags SET json_exported = false" "DELETE FROM dwh.json_export_log" "SET json_export.exporter = on" \
            "UPDATE dwh.datamarthashtags SET json_exported = true" "SET session_replication_role = replica" \
            "UPDATE dwh.datamarthashtags SET json_exported = false")"
    ok "while all else is" "datamarthashtags changed" "$(logs "SET json_export.exporter = on" "UPDATE dwh.datamarthashtags SET hashtag = 'y' WHERE hashtag_id = 501")"
    ok "row by row too" "datamarthashtags changed" "$(logs "SET json_export.exporter = on" "SET session_replication_role = replica" "UPDATE dwh.datamarthashtags SET hashtag = 'z' WHERE hashtag_id = 501")"
    unwatch datamarthashtags
    ok "its end leaves the right to read it, and the triggers of who reads it" "datamarthashtags names read, tags, words datamart read mark" "$(traces datamarthashtags tags words)"
    unwatch words
    ok "the other one's end nothing" "0 0 0 0" "$(left)"
    ok "no right either" "datamarthashtags, words" "$(traces datamarthashtags words)"
    watch datamartglobal dimension_global_id dimension_global_id
    unwatch datamartglobal
    ok "what install.sql reads by itself stays readable" "datamartglobal read" "$(traces datamartglobal)"
}

# What one session takes away another one may just begin to need.
check_two_at_once() {
    watch_hashtags
    say a "SET ROLE $owner" BEGIN "SELECT dwh.json_export_watch('datamarthashtags', 'dimension_hashtag_id', 'hashtag_id')"
    heard a >/dev/null
    say b "SET ROLE $owner" "SELECT dwh.json_export_watch('words', 'id', 'id', reads => '{languages}')"
    is_done b 1
    ok "another call waits" 1 "$?"
    say a COMMIT
    ok "until the first one has ended" "" "$(heard a; heard b)"
    ok "then it makes what it needs" "dimension_hashtags, languages names read" "$(traces dimension_hashtags languages)"
    say a BEGIN "SELECT dwh.json_export_unwatch('words')"
    heard a >/dev/null
    ok "install.sql waits too" "" "$(install -v wait=1 | grep -o "$DONE")"
    say a COMMIT
    heard a >/dev/null
    end_sessions
    unwatch datamarthashtags
    ok "and nothing is left" "0 0 0 0" "$(left)"
}

# Tables that get another name, or go, while they are watched.
check_put_aside() {
    local said
    watch_hashtags
    setup "ALTER TABLE dwh.datamarthashtags RENAME TO old_hashtags" "ALTER TABLE dwh.dimension_hashtags RENAME TO old_dimension" \
        "ALTER TABLE dwh.languages RENAME TO old_languages" "ALTER TABLE dwh.tags RENAME TO dimension_hashtags" \
        "CREATE TABLE dwh.datamarthashtags (dimension_hashtag_id int PRIMARY KEY, hashtag_id bigint)" "ALTER TABLE dwh.datamarthashtags OWNER TO $owner"
    ok "tables put aside, others of their names: watched again" "" "$(watch "${HASHTAGS[@]}" "dimension => 'dimension_hashtags', reads => '{regions}'")"
    ok "those put aside have no triggers of a dimension, nor of names" \
        "old_hashtags datamart read mark, old_dimension, old_languages, dimension_hashtags dimension read, regions names read" \
        "$(traces old_hashtags old_dimension old_languages dimension_hashtags regions)"
    ok "the end" "" "$(unwatch datamarthashtags)"
    ok "takes all, also from the table that was put aside" "old_hashtags, datamarthashtags, dimension_hashtags, regions 0 0 0 0" \
        "$(traces old_hashtags datamarthashtags dimension_hashtags regions) $(left)"
    setup "DROP TABLE dwh.datamarthashtags" "ALTER TABLE dwh.old_hashtags RENAME TO datamarthashtags" "ALTER TABLE dwh.dimension_hashtags RENAME TO tags" \
        "ALTER TABLE dwh.old_dimension RENAME TO dimension_hashtags" "ALTER TABLE dwh.old_languages RENAME TO languages"

    watch_hashtags
    setup "ALTER TABLE dwh.datamarthashtags RENAME TO new_hashtags" "ALTER TABLE dwh.dimension_hashtags RENAME TO new_dimension"
    said=$(watch new_hashtags dimension_hashtag_id hashtag_id "'datamarthashtags'")
    contains "a new name cannot be watched as long as the former one is" "SELECT dwh.json_export_unwatch('datamarthashtags')" "$said"
    ok "which can end" "" "$(unwatch datamarthashtags)"
    ok "and leaves nothing" "new_hashtags, new_dimension, languages 0 0 0 0" "$(traces new_hashtags new_dimension languages) $(left)"
    setup "ALTER TABLE dwh.new_hashtags RENAME TO datamarthashtags" "ALTER TABLE dwh.new_dimension RENAME TO dimension_hashtags"

    watch_hashtags
    setup "CREATE SCHEMA elsewhere AUTHORIZATION $owner" "ALTER TABLE dwh.datamarthashtags SET SCHEMA elsewhere" "ALTER TABLE dwh.dimension_hashtags SET SCHEMA elsewhere"
    ok "tables that went elsewhere: the end" "" "$(unwatch datamarthashtags)"
    ok "leaves nothing there either" "0 0 0 0" "$(left)"
    setup "ALTER TABLE elsewhere.datamarthashtags SET SCHEMA dwh" "ALTER TABLE elsewhere.dimension_hashtags SET SCHEMA dwh"

    watch_hashtags
    as "$owner" "CREATE TRIGGER others AFTER DELETE ON dwh.words FOR EACH ROW EXECUTE FUNCTION dwh.json_export_datamarthashtags_deleted_row()"
    said=$(unwatch datamarthashtags)
    contains "a function that somebody else uses is not taken away: it is said who" "DETAIL:  trigger others on table dwh.words depends on function dwh.json_export_datamarthashtags_deleted_row()" "$said"
    setup "DROP TRIGGER others ON dwh.words" "ALTER TABLE dwh.datamarthashtags DROP json_exported CASCADE, ADD json_exported boolean" "DROP TABLE dwh.words"
    ok "then it ends" "" "$(unwatch datamarthashtags)"
    ok "and leaves nothing, of a flag made anew neither" "0 0 0 0" "$(left)"
    setup "CREATE TABLE dwh.words (id int PRIMARY KEY)" "ALTER TABLE dwh.words OWNER TO $owner"
    watch words id id "'words', 'tags', '{languages}'" >/dev/null
    watch words id id "'words', NULL, '{languages}'" >/dev/null
    setup "DROP TABLE dwh.words"
    ok "one whose table is gone ends too" "tags, languages 0 0 0 0" "$(unwatch words)$(traces tags languages) $(left)"
}

# Earlier, watching a table again left what there was, and only the comment told of it no more.
check_left_by_earlier() {
    watch_hashtags
    as "$owner" "COMMENT ON FUNCTION dwh.json_export_datamarthashtags_lost(text, text) IS 'osm-notes-exportd: watches {\"dataset\": \"datamarthashtags\", \"relation\": \"datamarthashtags\", \"key_column\": \"dimension_hashtag_id\", \"id_column\": \"hashtag_id\", \"reads\": [], \"flag_added\": true}'" \
        "CREATE FUNCTION dwh.json_export_functions(schema text, dataset text, relation text, key_column text, id_column text, dimension text) RETURNS TABLE (name text, arguments text, definition text) LANGUAGE sql AS 'SELECT NULL::text, NULL::text, NULL::text'" \
        "COMMENT ON FUNCTION dwh.json_export_functions(text, text, text, text, text, text) IS 'osm-notes-exportd: part of install.sql'"
    hold "SELECT * FROM dwh.languages"
    contains "what an earlier version left: a table in use is told of" "dwh.languages is in use: triggers on it that no dataset needs any more stay" "$(install -v wait=1)"
    release
    ok "the other one is free" "dimension_hashtags, languages names read" "$(traces dimension_hashtags languages)"
    ok "a later run says nothing" "$DONE" "$(install)"
    ok "and frees it as well" "dimension_hashtags, languages" "$(traces dimension_hashtags languages)"
    ok "functions that nobody needs are gone" 1 "$(q "SELECT count(*) FROM pg_proc WHERE proname IN ('json_export_functions', 'json_export_datamarthashtags_dimension', 'json_export_datamarthashtags_dimension_row')")"
    unwatch datamarthashtags
    ok "then nothing is left" "0 0 0 0" "$(left)"
    setup "ALTER TABLE dwh.contributor_types RENAME TO old_types" "CREATE TABLE dwh.contributor_types (contributor_type_id int)" "ALTER TABLE dwh.contributor_types OWNER TO $owner"
    install >/dev/null
    ok "a table of names that was put aside has no more triggers either" "old_types, contributor_types names read" "$(traces old_types contributor_types)"
}

check_dimension() {
    local change="UPDATE dwh.dimension_hashtags SET" role as_role
    watch_hashtags
    for role in origin replica; do
        as_role="SET session_replication_role = $role"
        setup "$change note = 'note', modified = dimension_hashtag_id = 2, weight = (dimension_hashtag_id || '.0')::numeric" \
            "UPDATE dwh.dimension_users SET modified = true" "UPDATE dwh.dimension_users SET username = 'a' WHERE dimension_user_id = 1"
        ok "$role: a dimension's column modified counts, whatever it becomes" "datamarthashtags:1 datamarthashtags:2" "$(logs "$as_role" "$change modified = NOT modified")"
        ok "$role: another spelling of a number is a change" "datamarthashtags:1" "$(logs "$as_role" "$change weight = 1.00 WHERE dimension_hashtag_id = 1" "$change weight = weight, modified = modified")"
        ok "$role: in dimensions of ours modified is the ETL's word" none "$(logs "$as_role" "UPDATE dwh.dimension_users SET modified = false")"
        ok "$role: not so the rest" "users:1 users:2" "$(logs "$as_role" "UPDATE dwh.dimension_users SET modified = true WHERE dimension_user_id = 2" "UPDATE dwh.dimension_users SET username = 'b' WHERE dimension_user_id = 1")"
    done
    setup "ALTER TABLE dwh.dimension_hashtags ADD shape json DEFAULT '{}'"
    watch_hashtags
    for role in origin replica; do
        ok "$role: and of JSON" "datamarthashtags:2" "$(logs "SET session_replication_role = $role" "$change shape = (shape::text || ' ')::json WHERE dimension_hashtag_id = 2" "$change shape = shape")"
    done
    unwatch datamarthashtags
}

# A partition that is watched by itself: rows are changed through its table, which fires no statement trigger of it.
check_partition() {
    setup "CREATE TABLE dwh.whole (id int PRIMARY KEY, json_exported boolean) PARTITION BY RANGE (id)" "CREATE TABLE dwh.part PARTITION OF dwh.whole FOR VALUES FROM (1) TO (10)" \
        "INSERT INTO dwh.whole VALUES (1), (2)" "ALTER TABLE dwh.whole OWNER TO $owner" "ALTER TABLE dwh.part OWNER TO $owner"
    watch part id id "'x_renumbered'"
    ok "a partition: rows deleted through its table are logged" "x_renumbered:1" "$(logs "DELETE FROM dwh.whole WHERE id = 1")"
    ok "and those deleted from itself" "x_renumbered:2" "$(logs "DELETE FROM dwh.part WHERE id = 2")"
    contains "and marks of others, whatever the dataset's name ends with" "x_renumbered:3:marked by" "$(logs "INSERT INTO dwh.whole VALUES (3)" "UPDATE dwh.whole SET json_exported = true")"
    ok "nothing is said, and nothing fails, when nobody knows any more what is watched" none "$(
        logs "UPDATE dwh.whole SET json_exported = false" "BEGIN" "COMMENT ON FUNCTION dwh.json_export_x_renumbered_lost(text, text) IS NULL" "UPDATE dwh.whole SET json_exported = true" "ROLLBACK")"
    unwatch part
    setup "DROP TABLE dwh.whole"
}

readonly LATER="comes after ours: when it changes a row in an UPDATE that changes nothing else, that is not seen"

# Somebody's trigger, behind ours in the alphabet, that changes the row.
check_later_trigger() {
    local said update="UPDATE dwh.datamarthashtags SET hashtag = hashtag WHERE hashtag_id = 502"
    setup "CREATE FUNCTION dwh.shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.hashtag := NEW.hashtag || \$\$!\$\$; RETURN NEW; END'" \
        "CREATE TRIGGER \"Shout\" BEFORE UPDATE ON dwh.datamarthashtags FOR EACH ROW EXECUTE FUNCTION dwh.shout()" \
        "CREATE TRIGGER zz_last BEFORE UPDATE ON dwh.datamarthashtags FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()" \
        "CREATE TRIGGER zz_after AFTER UPDATE ON dwh.datamarthashtags FOR EACH ROW EXECUTE FUNCTION dwh.shout()" \
        "CREATE TRIGGER zz_new BEFORE INSERT ON dwh.datamarthashtags FOR EACH ROW EXECUTE FUNCTION dwh.shout()"
    ok "triggers of others that come before ours, or change no row in an UPDATE, are not named" "" "$(watch "${HASHTAGS[@]}")"
    setup "ALTER TRIGGER \"Shout\" ON dwh.datamarthashtags RENAME TO \"shout it\""
    said=$(watch "${HASHTAGS[@]}")
    contains "one that comes later is" "trigger \"shout it\" of dwh.datamarthashtags $LATER" "$said"
    contains "by install.sql too" "trigger \"shout it\" of dwh.datamarthashtags $LATER" "$(install)"
    setup "ALTER TABLE dwh.datamarthashtags DISABLE TRIGGER \"shout it\"" "UPDATE dwh.datamarthashtags SET hashtag = 'five', json_exported = false" \
        "UPDATE dwh.datamarthashtags SET json_exported = true" "ALTER TABLE dwh.datamarthashtags ENABLE TRIGGER \"shout it\""
    ok "what it makes of a row is not seen" "five!|t" "$(q "$update" "SELECT hashtag, json_exported FROM dwh.datamarthashtags WHERE hashtag_id = 502")"
    setup "$(sed -n 's/.*before json_export_: //p' <<<"$said")"
    ok "renamed as it was said, it is" "five!!|f" "$(q "$update" "SELECT hashtag, json_exported FROM dwh.datamarthashtags WHERE hashtag_id = 502")"
    ok "and nobody is named any more" "" "$(watch "${HASHTAGS[@]}")"
    unwatch datamarthashtags
}

run_checks "$EXPECTED_CHECKS" make_tables check_watched_again check_shared check_two_at_once check_put_aside check_left_by_earlier check_dimension check_partition \
    check_later_trigger
