#!/bin/bash
#
# Datasets and documents that the configuration file alone knows: their whole life, through the program itself.
#
#   PGHOST=DIR PGUSER=postgres tests/integration/configured_datasets_test.sh OSM-NOTES-EXPORTD SCHEMA_DIR
#
# As install_sql_test.sh: a scratch server of its own, TAP, exit 1 when a check fails or did not run.

set -uo pipefail

readonly EXPECTED_CHECKS=146

readonly program=$1 schemas=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly db=configured_datasets_$$
readonly databases=("$db")
readonly roles=()

# shellcheck source=tests/integration/install_sql_support.sh
source "$root/tests/integration/install_sql_support.sh"

daemon=""
unset DBNAME_DWH JSON_OUTPUT_DIR SCHEMA_DIR LOG_LEVEL JSON_EXPORT_BATCH_SIZE

stop_daemon() {
    [[ -z $daemon ]] || { kill "$daemon" && wait "$daemon"; } 2>/dev/null
    daemon=""
}

# exportd ARG...: with the configuration; what it says, and its exit code at the end where that is not 0.
exportd() {
    local code=0
    "$program" "$@" --config "$conf" 2>&1 || code=$?
    ((code == 0)) || echo "exit $code"
}

# file PATH: of the tree.
file() { cat "$tree/$1" 2>/dev/null || echo "no $1"; }
# paths [PLACE [TREE]]
paths() { (cd "${2:-$tree}" && find "${1:-.}" -name .exportd -prune -o -type f -print 2>/dev/null | sort | tr '\n' ' ' | sed 's/ $//'); }
member() { /usr/bin/python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d.get(sys.argv[2], "none"))' "$tree/$1" "$2"; }

# until_is EXPECTED COMMAND...: polls, 30 s at most; prints what it was in the end.
until_is() {
    local expected=$1 tries got
    shift
    for ((tries = 0; tries < 300; tries++)); do
        got=$("$@")
        [[ $got != *"$expected"* ]] || break
        read -rt 0.1 <> <(:) || true
    done
    printf '%s' "$got"
}

fetch() { /usr/bin/python3 -c 'import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())' "$url$1"; }

# Shards of the ids that are used: 1001 mod 4096 is 3e9.
readonly one=api/hashtags/3/e/9/1001.json two=api/hashtags/3/e/a/1002.json three=api/hashtags/3/e/b/1003.json

readonly BASE='[database]
conninfo = dbname=@DB@ password=s3cret
[output]
directory = @TREE@
[export]
schema_dir = @SCHEMAS@
[schedule]
debounce = 50ms
poll_interval = 0
[feed]
publish = true
[mirror copy]
kind = directory
url = @COPY@
min_interval = 0'

readonly HASHTAGS='[dataset hashtags]
relation = datamarthashtags
key = dimension_hashtag_id
id = hashtag_id
name = hashtag
singular = hashtag
dimension = dimension_hashtags
path = api/hashtags/{shard}/{id}.json
schema = hashtag-profile.schema.json
index = indexes/hashtags.json
index_columns = hashtag_id, hashtag, used, first_year
index_order = used DESC, first_year ASC
index_schema = hashtag-index.schema.json
join = languages on language = code : language_name'

readonly DAYS='[dataset days]
relation = days
key = day
id = day
path = api/days/{id}.json'

readonly TODAY='[document today]
relation = today
key = only_row = 1
columns = hashtag, changed
path = api/today.json
schema = today.schema.json'

# write_conf SECTION...: the configuration, with these sections behind what there always is.
write_conf() {
    local section text=$BASE
    for section in "$@"; do
        text+=$'\n'$section
    done
    text=${text//@DB@/$db}
    text=${text//@TREE@/$tree}
    text=${text//@SCHEMAS@/$scratch/schemas}
    printf '%s\n' "${text//@COPY@/$scratch/copy}" >"$conf"
}

prepare() {
    trap 'stop_daemon; cleanup' EXIT
    export PGDATABASE=$db
    readonly tree=$scratch/tree conf=$scratch/exportd.conf
    psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" || bail_out "datamart.sql failed"
    psql -qX -v ON_ERROR_STOP=1 -v users=5 -v countries=3 -f "$root/tests/support/generate.sql" >/dev/null || bail_out "generate.sql failed"
    setup "CREATE TABLE dwh.dimension_hashtags (dimension_hashtag_id int PRIMARY KEY, note text)" \
        "CREATE TABLE dwh.datamarthashtags (dimension_hashtag_id int PRIMARY KEY, hashtag_id bigint, hashtag text, used int, first_year smallint, language text, details json)" \
        "CREATE TABLE dwh.languages (code text PRIMARY KEY, language_name text)" "INSERT INTO dwh.languages VALUES ('es', 'Español'), ('en', 'English')" \
        "INSERT INTO dwh.datamarthashtags SELECT n, 1000 + n, '#tag ' || n, CASE WHEN n > 6 THEN 10 ELSE n END, 2020 - n, CASE n % 2 WHEN 0 THEN 'es' ELSE 'en' END, '{\"a\" : [1]}' FROM generate_series(1, 8) n" \
        "INSERT INTO dwh.datamarthashtags VALUES (9, 0, 'not published', 0, 2000, NULL, NULL), (10, NULL, 'nor this', 0, 2000, NULL, NULL)" \
        "INSERT INTO dwh.dimension_hashtags SELECT n, 'x' FROM generate_series(1, 10) n" \
        "CREATE TABLE dwh.days (day int PRIMARY KEY, notes int)" "INSERT INTO dwh.days SELECT n, n * n FROM generate_series(1, 4) n" \
        "CREATE TABLE dwh.today (only_row int PRIMARY KEY, hashtag text, changed date, hidden text)" "INSERT INTO dwh.today VALUES (1, '#tag 1', '2026-01-01', 'secret')"
    cp -r "$schemas" "$scratch/schemas"
    local entry='{"type":"object","required":["hashtag_id","used"],"properties":{"hashtag_id":{"type":"integer","minimum":1},"used":{"type":"integer","minimum":0}}}'
    printf '%s' "$entry" >"$scratch/schemas/hashtag-profile.schema.json"
    printf '{"type":"array","items":%s}' "$entry" >"$scratch/schemas/hashtag-index.schema.json"
    printf '{"type":"object","required":["hashtag"],"properties":{"hashtag":{"type":"string"}}}' >"$scratch/schemas/today.schema.json"
    psql -qX -f "$root/sql/install.sql" >/dev/null || bail_out "install.sql failed"
    setup "SELECT dwh.json_export_watch('datamarthashtags', 'dimension_hashtag_id', 'hashtag_id', dimension => 'dimension_hashtags', reads => '{languages}')"
}

check_show_config() {
    local shown
    write_conf "$HASHTAGS" "$TODAY"
    contains "the configuration is valid" "configuration is valid" "$(exportd check-config)"
    shown=$(exportd show-config)
    contains "show-config has the further dataset" $'[dataset hashtags]\nrelation = datamarthashtags\nview =\nkey = dimension_hashtag_id' "$shown"
    contains "and those that are built in, in the same words" $'[dataset users]\nrelation = datamartusers\nview = datamartusers_export\nkey = dimension_user_id' "$shown"
    contains "a shard is written as one" "path = users/{shard}/{id}.json" "$shown"
    contains "joins as well" "join = contributor_types on id_contributor_type = contributor_type_id : contributor_type_name, contributor_type_name_en" "$shown"
    contains "the document too" $'[document today]\nrelation = today\nkey = only_row = 1\ncolumns = hashtag, changed' "$shown"
    contains "and what the file does not say" $'[run]\nstandby = false' "$shown"
    ok "no password" "" "$(grep s3cret <<<"$shown")"
    contains "but that there is one" "conninfo = password=*** dbname=$db" "$shown"
    printf '%s\n' "$shown" >"$scratch/shown.conf"
    ok "read again it says the same" "$(tail -n +2 <<<"$shown")" "$("$program" show-config --config "$scratch/shown.conf" 2>&1 | tail -n +2)"
}

profile_of() {
    q "SELECT row_to_json(t) FROM (SELECT h.*, l.language_name FROM (SELECT dimension_hashtag_id, hashtag_id, hashtag, used, first_year, language, details
         FROM dwh.datamarthashtags) h LEFT JOIN dwh.languages l ON l.code = h.language WHERE hashtag_id = $1) t"
}

check_first_export() {
    contains "the first export" "hashtags: 8 exported" "$(exportd once)"
    ok "a profile is what row_to_json gives, with what is joined" "$(profile_of 1002)" "$(file $two)"
    ok "the index has its order" "$(q "SELECT json_agg(t) FROM (SELECT hashtag_id, hashtag, used, first_year FROM dwh.datamarthashtags WHERE hashtag_id >= 1
         ORDER BY used DESC NULLS LAST, first_year ASC NULLS LAST, hashtag_id) t")" "$(file indexes/hashtags.json)"
    ok "metadata.json counts it" 8 "$(member metadata.json total_hashtags)"
    ok "what has no id from 1 is not published" 8 "$(paths api/hashtags | wc -w)"
    ok "the document is there" '{"hashtag":"#tag 1","changed":"2026-01-01"}' "$(file api/today.json)"
    ok "the run's statistics have it" 8 "$(q "SELECT datasets -> 'hashtags' ->> 'exported' FROM dwh.json_export_runs ORDER BY run_id DESC LIMIT 1")"
    ok "its rows are marked" 8 "$(q "SELECT count(*) FROM dwh.datamarthashtags WHERE json_exported AND hashtag_id >= 1")"
    contains "status counts it" "hashtags" "$(exportd status)"
    contains "verify finds no difference" "clean: " "$(exportd verify)"
    contains "there is nothing more to do" "nothing" "$(exportd once)"
    contains "check finds its columns" "that the configuration names are there" "$(exportd check)"
}

check_alive() {
    "$program" run --config "$conf" --set http.listen=127.0.0.1:0 --set log.level=debug 2>"$scratch/log" &
    daemon=$!
    contains "the daemon listens" "event=serving" "$(until_is event=listening cat "$scratch/log")"
    url=http://$(sed -n 's/.*event=serving .*address=\([^ ]*\).*/\1/p' "$scratch/log")
    q "UPDATE dwh.datamarthashtags SET used = 99 WHERE hashtag_id = 1001" "NOTIFY osm_notes_export" >/dev/null
    contains "a change is in its profile" '"used":99,' "$(until_is '"used":99,' file $one)"
    contains "and first in the index" '[{"hashtag_id":1001,' "$(until_is '[{"hashtag_id":1001,' file indexes/hashtags.json)"
    contains "the log names it" "Exported modified hashtag: 1001 (#tag 1)" "$(until_is 'hashtag: 1001' cat "$scratch/log")"
    contains "metrics have it" 'osmnotes_export_rows_exported_total{dataset="hashtags"} 1' "$(until_is 'total{dataset="hashtags"} 1' fetch /metrics)"
    contains "the status page has it" '"hashtags"' "$(fetch /status.json)"
    contains "and its profiles" "1001" "$(fetch "/profile?dataset=hashtags&id=1001")"
    contains "the feed lists it" "changed $one" "$(exportd changes)"

    q "DELETE FROM dwh.datamarthashtags WHERE hashtag_id = 1002" "NOTIFY osm_notes_export" >/dev/null
    ok "a row that goes takes its file along" "no $two" "$(until_is "no $two" file $two)"
    contains "which the feed lists" "removed $two" "$(until_is "removed $two" exportd changes)"
    ok "and metadata.json counts" 7 "$(member metadata.json total_hashtags)"

    q "UPDATE dwh.datamarthashtags SET used = -1 WHERE hashtag_id = 1003" "NOTIFY osm_notes_export" >/dev/null
    contains "a row that does not fit its schema is quarantined" "pointer=/used" "$(until_is row_quarantined cat "$scratch/log" | grep -a row_quarantined)"
    contains "its file stays" '"used":3,' "$(file $three)"
    contains "status tells" "hashtags" "$(exportd status | grep -ai quarantine)"
    q "UPDATE dwh.datamarthashtags SET used = 30 WHERE hashtag_id = 1003" "NOTIFY osm_notes_export" >/dev/null
    contains "until it does" '"used":30,' "$(until_is '"used":30,' file $three)"

    q "UPDATE dwh.languages SET language_name = 'Castellano' WHERE code = 'es'" "NOTIFY osm_notes_export" >/dev/null
    contains "what is joined comes with a full export" "Castellano" "$(until_is Castellano file api/hashtags/3/e/c/1004.json)"
    q "UPDATE dwh.today SET hashtag = '#tag 7'" "NOTIFY osm_notes_export" >/dev/null
    contains "the document follows" "#tag 7" "$(until_is '#tag 7' file api/today.json)"
    stop_daemon
    check_document_rows
    ok "the tree is that of a fresh export" "" "$(fresh_difference)"
    contains "verify finds no difference" "clean: " "$(exportd verify)"
}

check_document_rows() {
    setup "ALTER TABLE dwh.today DROP CONSTRAINT today_pkey" "INSERT INTO dwh.today VALUES (1, '#other', '2026-01-02', 'secret')"
    contains "a file of one row that could be two is not made" "api/today.json: today has several rows with only_row = 1; the file stays as it is" "$(exportd once --full)"
    contains "it stays" "#tag 7" "$(file api/today.json)"
    contains "verify tells" "api/today.json: today has several rows with only_row = 1, so the file is the last one that could be made" "$(exportd verify)"
    setup "DELETE FROM dwh.today"
    contains "nor of none" "api/today.json: today has no row with only_row = 1; the file stays as it is" "$(exportd once --full)"
    setup "INSERT INTO dwh.today VALUES (1, '#tag 8', '2026-01-01', 'secret')" "ALTER TABLE dwh.today ADD PRIMARY KEY (only_row)"
    exportd once --full >/dev/null
    contains "of one it is" "#tag 8" "$(file api/today.json)"
}

# What a full export into an empty tree has otherwise.
fresh_difference() {
    "$program" once --config "$conf" --set "output.directory=$scratch/fresh" --set feed.publish=false >/dev/null 2>"$scratch/fresh.log" || cat "$scratch/fresh.log"
    diff -r -x .exportd -x metadata.json -x changes "$tree" "$scratch/fresh" | grep -v "^Only in .*/[0-9a-f]: [0-9a-f]$" # an empty directory
    rm -rf "$scratch/fresh"
    "$program" once --full --config "$conf" >/dev/null 2>&1 # the generation in the database was that of the other tree
}

check_single() {
    q "UPDATE dwh.datamarthashtags SET used = 41 WHERE hashtag_id IN (1003, 1004)" >/dev/null
    contains "once --id takes one of them" "hashtags: 1 exported" "$(exportd once --id hashtags:1003)"
    contains "that one" '"used":41,' "$(file $three)"
    contains "and no other" '"used":4,' "$(file api/hashtags/3/e/c/1004.json)"
    contains "a name that is none is refused, with what is meant" 'did you mean "hashtags"' "$(exportd once --id hashtag:1003)"
    exportd once >/dev/null
    mkdir "$scratch/copy"
    exportd mirror copy --once >/dev/null
    ok "a mirror has all of it" "" "$(copy_difference)"
    contains "and knows it" "equal" "$(exportd mirror copy --verify)"
}

# What the copy has otherwise; an empty directory is not copied.
copy_difference() {
    diff -r -x .exportd -x .exportd-mirror -x changes "$tree" "$scratch/copy" | grep -v "^Only in .*/[0-9a-f]: [0-9a-f]$"
}

check_added() {
    write_conf "$HASHTAGS" "$DAYS" "$TODAY"
    contains "a dataset that nobody watches: check says how" "SELECT \"dwh\".json_export_watch('days', 'day', 'day')" "$(exportd check)"
    contains "and an export too" "has no column json_exported" "$(exportd once)"
    setup "SELECT dwh.json_export_watch('days', 'day', 'day')"
    local before
    before=$(stat -c %Y.%i "$tree/$one" "$tree/api/today.json")
    contains "then it is exported" "days: 4 exported" "$(exportd once)"
    ok "at its places" "api/days/1.json api/days/2.json api/days/3.json api/days/4.json" "$(paths api/days)"
    ok "as row_to_json has it" '{"day":3,"notes":9}' "$(file api/days/3.json)"
    ok "it has no index" "countries.json hashtags.json users.json" "$(basename -a "$tree"/indexes/* | tr '\n' ' ' | sed 's/ $//')"
    ok "but metadata.json counts it" 4 "$(member metadata.json total_days)"
    ok "the others are not touched" "$before" "$(stat -c %Y.%i "$tree/$one" "$tree/api/today.json")"
    check_watched_otherwise
    write_conf "$HASHTAGS" "$DAYS"$'\nomit = notes' "$TODAY"
    exportd once --full >/dev/null
    ok "but for what is not to be published" '{"day":3}' "$(file api/days/3.json)"
    contains "and verify knows it" "clean: " "$(exportd verify)"
    write_conf "$HASHTAGS" "$DAYS"$'\nomit = note' "$TODAY"
    contains "a column that is misspelt: check says so" "[dataset days] omit must name one of its columns" "$(exportd check)"
    contains "and nothing is published" "[dataset days] omit" "$(exportd once --full)"
    ok "by mistake" '{"day":3}' "$(file api/days/3.json)"
    write_conf "$HASHTAGS" "$DAYS"$'\nomit = day' "$TODAY"
    contains "the id is needed" "[dataset days] omit: \"day\" is the id, or a column of the index, and needed" "$(exportd check-config)"
    write_conf "$HASHTAGS" "$DAYS" "$TODAY"
    exportd once --full >/dev/null
    q "UPDATE dwh.days SET notes = 7 WHERE day = 2" "DELETE FROM dwh.days WHERE day = 4" >/dev/null
    contains "a change of it" "days: 1 exported" "$(exportd once)"
    ok "is published" '{"day":2,"notes":7}' "$(file api/days/2.json)"
    ok "and a removal" "no api/days/4.json" "$(file api/days/4.json)"
    ok "and counted" 3 "$(member metadata.json total_days)"
    contains "verify finds no difference" "clean: " "$(exportd verify)"
    echo '{"day":3}' >"$tree/api/days/3.json"
    contains "nor hides one" "api/days/3.json" "$(exportd verify)"
    exportd verify --repair >/dev/null
    ok "which it mends" '{"day":3,"notes":9}' "$(file api/days/3.json)"
    exportd mirror copy --once >/dev/null
    ok "a mirror has it as well" "" "$(copy_difference)"
}

# A section that says other things than json_export_watch() was told: removals would be told by numbers that nobody knows.
check_watched_otherwise() {
    setup "ALTER TABLE dwh.days ADD code bigint" "UPDATE dwh.days SET code = 100 + day"
    write_conf "$HASHTAGS" "${DAYS/id = day/id = code}" "$TODAY"
    contains "check tells what is watched" "triggers for dataset days by day and code (there are those for dataset days by day and day) on dwh.days" "$(exportd check)"
    contains "and what to do" "SELECT \"dwh\".json_export_unwatch('days'); SELECT \"dwh\".json_export_watch('days', 'day', 'code')" "$(exportd check)"
    exportd once --full --force >/dev/null
    q "DELETE FROM dwh.days WHERE day = 2" >/dev/null
    exportd once >/dev/null
    ok "until then rows are compared: one that goes takes its file along" "api/days/101.json api/days/103.json api/days/104.json" "$(paths api/days)"
    setup "SELECT dwh.json_export_unwatch('days')" "SELECT dwh.json_export_watch('days', 'day', 'code', 'calendar')"
    contains "another name is another dataset" "(there are those for dataset calendar by day and code) on dwh.days" "$(exportd check)"
    setup "INSERT INTO dwh.days (day, notes) VALUES (2, 4)" "SELECT dwh.json_export_unwatch('days')" "SELECT dwh.json_export_watch('days', 'day', 'day')" \
        "UPDATE dwh.days SET code = NULL"
    write_conf "$HASHTAGS" "$DAYS" "$TODAY"
    contains "watched as its section says" "all there and on" "$(exportd check)"
    exportd once --full --force >/dev/null
    ok "all is as it was" "api/days/1.json api/days/2.json api/days/3.json api/days/4.json" "$(paths api/days)"
    setup "ALTER TABLE dwh.days DROP code"
    exportd once --full >/dev/null
}

check_removed() {
    local before
    before=$(paths api)
    write_conf "$DAYS"
    contains "a dataset that is configured no longer: the export goes on" "completed" "$(exportd once)"
    ok "its files stay" "$before" "$(paths api)"
    exportd mirror copy --once >/dev/null
    ok "and those of a mirror" "" "$(copy_difference)"
    ok "metadata.json counts it no more" none "$(member metadata.json total_hashtags)"
    contains "the feed cannot list that" "less is exported than before" "$(file changes/"$(newest_list)")"
    contains "a full export names what stays" "are no longer configured; their files stay" "$(exportd once --full)"
    ok "and leaves it" "$before" "$(paths api)"
    contains "so does verify" "clean: " "$(exportd verify)"
    contains "--force says before what it would remove" "$one" "$(exportd once --full --force --dry-run)"
    ok "without doing it" "$before" "$(paths api)"
    exportd once --full --force >/dev/null
    ok "then it does: profiles, index, document" "api/days/1.json api/days/2.json api/days/3.json" "$(paths api)"
    ok "and nothing else" "countries.json users.json" "$(basename -a "$tree"/indexes/* | tr '\n' ' ' | sed 's/ $//')"
    contains "after which there is nothing to say" "completed" "$(exportd once --full | grep -v 'no longer')"
    ok "nor to name" "" "$(exportd once --full | grep 'no longer')"
    ok "a mirror goes on" "" "$(exportd mirror copy --once | grep -v '^[0-9TZ:.-]* INFO')"
    ok "and removes them too" "api/days/1.json api/days/2.json api/days/3.json" "$(paths api "$scratch/copy")"
    ok "so that it has what the tree has" "" "$(copy_difference)"
    mkdir "$scratch/copy/api/hashtags/x" && echo 1 >"$scratch/copy/api/today.json"
    exportd once --full >/dev/null
    exportd mirror copy --once >/dev/null
    ok "and from then on leaves what somebody puts there" "Only in $scratch/copy/api: today.json" "$(copy_difference | grep today)"
    rm "$scratch/copy/api/today.json"
    write_conf "$HASHTAGS" "$DAYS"
    exportd once >/dev/null
    ok "when it is back, so are its files" 7 "$(paths api/hashtags | wc -w)"
}

# Of the whole tree; shards stand in a directory beside the index.
index_files() { paths indexes "${1:-$tree}" | tr ' ' '\n' | sed 's|^indexes/||; s|/.*/|/../|' | sort -u | tr '\n' ' ' | sed 's/ $//'; }

check_shards() {
    local -r plain="countries.json hashtags.json users.json" with=$HASHTAGS$'\nshards = yes\ntop = 2'
    write_conf "$with" "$DAYS"
    contains "shards that were switched on come with a full export" "full: kinds of index files changed" "$(exportd once)"
    contains "beside the index" "hashtags.json hashtags/../" "$(index_files)"
    ok "the first of it alone" 2 "$(/usr/bin/python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))))' "$tree/indexes/hashtags/top.json")"
    ok "and where a name is" hashtag_id "$(/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["top"]["id"])' "$tree/indexes/hashtags/shards.json")"
    q "UPDATE dwh.datamarthashtags SET used = 1000 WHERE hashtag_id = 1005" >/dev/null
    contains "a change" "hashtags: 1 exported" "$(exportd once)"
    contains "is in the first of them" '"hashtag_id":1005,' "$(head -c 20 "$tree/indexes/hashtags/top.json")"
    contains "verify finds no difference" "clean: " "$(exportd verify)"
    exportd mirror copy --once >/dev/null
    ok "a mirror has them too" "" "$(copy_difference | grep -v ': x$')"
    write_conf "$HASHTAGS" "$DAYS"
    exportd once >/dev/null
    ok "switched off they go" "$plain" "$(index_files)"
    write_conf "$with" "$DAYS"
    exportd once >/dev/null
    write_conf "$DAYS"
    contains "with their section they stay" "and 2 more are no longer configured" "$(exportd once --full)"
    exportd once --full --force >/dev/null
    ok "until that is forced" "countries.json users.json" "$(index_files)"
    exportd mirror copy --once >/dev/null
    ok "also in a mirror" "countries.json users.json" "$(index_files "$scratch/copy")"
    write_conf "$HASHTAGS" "$DAYS"
    exportd once >/dev/null
}

# What the list of such a generation cannot name, and what goes in the same one.
check_switched_off() {
    local -r twins="--set output.precompress=gzip"
    write_conf $'[dataset users]\nshards = yes' "$HASHTAGS"
    # shellcheck disable=SC2086 # two words
    exportd once $twins >/dev/null
    # shellcheck disable=SC2086
    exportd mirror copy --once $twins >/dev/null
    contains "a mirror has twins" "users/top.json.gz" "$(paths indexes "$scratch/copy")"
    write_conf $'[dataset users]\nindex =' "$(sed 's|^path = .*|path = elsewhere/{id}.json|' <<<"$HASHTAGS")"
    exportd once >/dev/null
    contains "another path: the list is none" "less is exported than before" "$(file changes/"$(newest_list)")"
    exportd mirror copy --once >/dev/null
    ok "index, shards and twins that went with it are gone there too" "" "$(copy_difference | grep -v ': x$')"
    write_conf "$HASHTAGS" "$DAYS"
    exportd once --full --force >/dev/null
    exportd mirror copy --once >/dev/null
}

newest_list() {
    local number
    number=$(printf '%09d' "$(member metadata.json generation)")
    printf '%s/%s/%s.json' "${number:0:3}" "${number:3:3}" "${number:6:3}"
}

check_changed_section() {
    write_conf "$HASHTAGS"
    exportd once >/dev/null
    write_conf "${HASHTAGS/used DESC/used ASC}"
    contains "a section that changed is noticed" "configuration of dataset hashtags changed" "$(exportd once)"
    contains "and followed" "clean:" "$(exportd verify)"
    write_conf "$HASHTAGS"
    contains "also back" "configuration of dataset hashtags changed" "$(exportd once)"
    contains "once" "nothing pending" "$(exportd once)"
}

# Of a table whose columns have the names of what our statements call it, whose rows others' triggers see, whose ids are long,
# and whose index is in the order of names.
check_awkward_table() {
    setup "CREATE TABLE dwh.odd (k bigint PRIMARY KEY, d text, t int)" \
        "INSERT INTO dwh.odd VALUES (1, 'one', 5), (2, 'two', 6), (1000000000000000000, 'far', 7), (9223372036854775807, 'farthest', 8)" \
        "CREATE TABLE dwh.odd_names (c int, o text, n text, q text)" "INSERT INTO dwh.odd_names VALUES (1, 'same', 'same', 'x')" \
        "CREATE TABLE dwh.odd_row (k int PRIMARY KEY, t text, v int)" "INSERT INTO dwh.odd_row VALUES (1, 'x', 2)" \
        "SELECT dwh.json_export_watch('odd', 'k', 'k', reads => '{odd_names}')" "GRANT SELECT ON dwh.odd_row TO osm_notes_exporter" \
        "CREATE FUNCTION dwh.others() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'" \
        "CREATE TRIGGER others BEFORE UPDATE ON dwh.odd FOR EACH ROW EXECUTE FUNCTION dwh.others()"
    write_conf "$HASHTAGS" $'[dataset odd]\nrelation = odd\nkey = k\nid = k\nname = d\npath = odd/{id}.json\nindex = indexes/odd.json\nindex_columns = k, d, t\nindex_order = d ASC, t DESC\nshards = true' \
        $'[document odd_row]\nrelation = odd_row\nkey = k = 1\npath = odd/row.json'
    contains "columns named as what we call a table: it is exported" "completed successfully" "$(exportd once)"
    ok "its rows are marked" 0 "$(q "SELECT count(*) FROM dwh.odd WHERE json_exported IS NOT TRUE")"
    ok "a document has the whole row" '{"k":1,"t":"x","v":2}' "$(file odd/row.json)"
    ok "the shards begin with the first of the index" 1000000000000000000 "$(/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[0]["k"])' "$tree/indexes/odd/top.json")"
    ok "a name that is read from elsewhere is noticed" "odd_names changed" "$(q "DELETE FROM dwh.json_export_log" "UPDATE dwh.odd_names SET q = 'y'" "SELECT reason FROM dwh.json_export_log")"
    exportd once >/dev/null # all: a name that changed is any profile's
    q "UPDATE dwh.odd SET k = 3 WHERE k = 1000000000000000000" "UPDATE dwh.odd SET k = 4 WHERE k = 9223372036854775807" >/dev/null
    exportd once >/dev/null
    ok "ids of 19 digits leave no file" "odd/1.json odd/2.json odd/3.json odd/4.json odd/row.json" "$(paths odd)"
    contains "and all is as the tables are" "clean:" "$(exportd verify)"
    setup "SELECT dwh.json_export_unwatch('odd')" "DROP TABLE dwh.odd, dwh.odd_names, dwh.odd_row"
    write_conf "$HASHTAGS"
}

check_columns() {
    write_conf "${HASHTAGS/used DESC/uses DESC}"
    contains "check names a column that is not there" "dwh.datamarthashtags has no column uses" "$(exportd check)"
    contains "and where to mend it" "[dataset hashtags] index_order must name one of its columns" "$(exportd check)"
    contains "an export fails with what it was about" "read index of datamarthashtags" "$(exportd once --full)"
    contains "and the server's word for it" "42703" "$(exportd once --full)"
    write_conf "${HASHTAGS/id = hashtag_id/id = hashtag}"
    contains "an id that is no number" "column hashtag of dwh.datamarthashtags is neither smallint, integer nor bigint" "$(exportd check)"
    write_conf "${HASHTAGS/on language = code/on used = code}"
    contains "columns that cannot be compared" "operator does not exist: text = integer" "$(exportd check)"
    contains "and which key says so" "[dataset hashtags] join must compare columns whose types can be compared" "$(exportd check)"
    write_conf "${HASHTAGS/used DESC, first_year ASC/details ASC}"
    contains "an order of what has none" "could not identify an ordering operator for type json" "$(exportd check)"
    write_conf "${HASHTAGS/relation = datamarthashtags/relation = nothing}"
    contains "a table that is not there" "relation dwh.nothing does not exist" "$(exportd check)"
}

check_mistakes() {
    local said
    write_conf $'[dataset hashtags]\nrelation = datamarthashtags\nkeyy = dimension_hashtag_id\nid = hashtag_id\npath = ../out/{id}.json\nschema = missing.schema.json\nindex = users/0/0/1/1.json' \
        $'[dataset Days]\nrelation = days' $'[dataset again]\nrelation = datamarthashtags\nkey = a\nid = b\npath = countries/{id}.json\nindex_order = b' \
        $'[document today]\nrelation = today\nkey = only_row\npath = metadata.json'
    said=$(exportd check-config)
    contains "every mistake at once: a key that is unknown, with its line" "$conf:18: [dataset hashtags] keyy: unknown key; did you mean \"key\"?" "$said"
    contains "one that is missing" "$conf:16: [dataset hashtags] has no key (" "$said"
    contains "a path that leaves the tree" "$conf:20: [dataset hashtags] path: \"../out/{id}.json\" is no path inside the output directory" "$said"
    contains "a schema that is not there" "$conf:21: [dataset hashtags] schema: there is no file $scratch/schemas/missing.schema.json" "$said"
    contains "a file in the place of others' profiles" "$conf:22: [dataset hashtags] index: \"users/0/0/1/1.json\" is in the way of [dataset users] path" "$said"
    contains "a name that cannot be one" "$conf:23: a dataset has a name of lower-case letters" "$said"
    contains "a table that has its dataset" "$conf:26: [dataset again] relation: \"datamarthashtags\" is that of dataset hashtags" "$said"
    contains "a directory that is another's" "$conf:29: [dataset again] path: \"countries/{id}.json\" is in the way of [dataset countries] path" "$said"
    contains "an order without an index" "$conf:30: [dataset again] index_order: there is no index" "$said"
    contains "a row that is not named" "$conf:33: [document today] key: \"only_row\" does not name a row" "$said"
    contains "a file of the program's own" "$conf:34: [document today] path: \"metadata.json\" is written by the program itself" "$said"
    contains "with 78" "exit 78" "$said"
}

run_checks "$EXPECTED_CHECKS" prepare check_show_config check_first_export check_alive check_single check_added check_removed check_shards check_switched_off check_changed_section check_awkward_table check_columns check_mistakes
