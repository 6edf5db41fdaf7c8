#!/bin/bash
#
# From the export script to the service and back, as README.md says it, with a tree and a repository as the script leaves
# them. The commands are README's own lines; programs of the system (sudo, systemctl, chown to a user that is not here) are
# stand-ins, and so are the script and its push script, which do what FACTS of theirs this test needs.
#
#   take_over_test.sh PROGRAM     beside a server, see support/with_postgres.sh

set -euo pipefail

program=${1:?program}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly program root
scratch=$(mktemp -d)
readonly scratch
readonly clone=$scratch/OSM-Notes-Data
readonly tree=$clone/data
readonly config=$scratch/exportd.conf
export LC_ALL=C.UTF-8 PGTZ=UTC GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$scratch/gitconfig

# shellcheck source=tests/package/take_over_support.sh
source "$root/tests/package/take_over_support.sh"
trap clean_up EXIT

make_warehouse
make_clone
script_exports
in_clone add -A
in_clone commit -qm "Auto-update: datamart JSON export"
in_clone push -q origin main
cp -r "$scratch/origin.git" "$scratch/untouched.git"
before=$(list_files)
bytes=$(sums_of_profiles)

# --- Cut over ---------------------------------------------------------------------------------------------------------

readme_commands "Cut over" >"$scratch/cut_over"
for command in "chown -R osm_notes_exporter:" "osm-notes-exportd setup --database notes_dwh" "osm-notes-exportd verify"; do
    grep -qF -- "$command" "$scratch/cut_over" || fail "README's cut-over does not have: $command"
done
run_commands "$scratch/cut_over"
says "verify proves the result" "$scratch/output" " 0 differences"
same "every profile is the script's, byte for byte" "$bytes" "$(sums_of_profiles)"
same "only what differs was replaced: metadata.json and both indexes, in which entries tie; the version is new" \
    ".json_export_version indexes/countries.json indexes/users.json metadata.json" "$(touched_since "$before")"
says "the version of the data format goes on" "$tree/metadata.json" '"version": "1.4.2"'
says "the tree has a generation now" "$tree/metadata.json" '"generation": 1'
for file in README.md countries/README.md csv/notes.csv; do
    same "$file is left alone" "somebody's $file" "$(<"$tree/$file")"
done
same "the private directory is hidden from git" "" "$(in_clone status --porcelain --untracked-files=all | grep exportd || true)"

# --- A git mirror instead of the push script --------------------------------------------------------------------------

add_mirror untouched "$scratch/untouched.git"
exportd mirror untouched --once
same "the first step of a git mirror commits only what differs" \
    "data/.json_export_version data/indexes/countries.json data/indexes/users.json data/metadata.json" "$(paths_of_commit untouched)"
same "on top of what was there" 2 "$(git -C "$scratch/untouched.git" rev-list --count main)"
same "and files of others stay" "somebody's countries/README.md" \
    "$(git -C "$scratch/untouched.git" show main:data/countries/README.md)"

# --- The push script as a bridge --------------------------------------------------------------------------------------

readme_block "The push script as a bridge" | sed "s,/opt/OSM-Notes-Analytics/bin/dwh/exportAndPushJSONToGitHub.sh,$scratch/push_script,;
    s,HOME=/srv ,HOME=$scratch ," >>"$config"
grep -q "SKIP_DATAMART_JSON_EXPORT=true HOME=$scratch flock -s .*publishing\" $scratch/push_script\$" "$config" ||
    fail "README's line of the bridge is not what it was: $(tail -n 2 "$config")"
restart_daemon
id=$(sql "SELECT min(user_id) FROM dwh.datamartusers WHERE user_id >= 1")
sql "UPDATE dwh.datamartusers SET history_whole_open = 31337 WHERE user_id = $id" "NOTIFY osm_notes_export"
eventually "the bridge pushes the change" pushed_profile_has "$id" '"history_whole_open":31337,'
eventually "and the README of countries, as ever" pushed_readme_is_new
same "it did not start the export itself" "" "$(cat "$scratch/exported_by_push_script" 2>/dev/null)"
same "what is pushed is the tree" "" "$(diff <(git -C "$scratch/origin.git" show main:data/metadata.json) "$tree/metadata.json")"
same "and nothing private" "" "$(git -C "$scratch/origin.git" ls-tree -r --name-only main | grep exportd || true)"

# --- From the bridge to a mirror --------------------------------------------------------------------------------------

sed -i '/^\[hooks\]/,/^after_publish/d' "$config"
restart_daemon
add_mirror origin "$scratch/origin.git"
sql "UPDATE dwh.datamartusers SET history_whole_open = 31338 WHERE user_id = $id" "NOTIFY osm_notes_export"
eventually "the change is in the tree" profile_has "$id" '"history_whole_open":31338,'
eventually "and published" grep -qv '"publishing"' "$tree/metadata.json"
exportd mirror origin --once
same "a mirror takes the branch over from the bridge, with only what differs" \
    "data/indexes/users.json data/metadata.json data/$(profile_path "$id")" "$(paths_of_commit origin)"

# --- If the script runs on by mistake ---------------------------------------------------------------------------------

sql "UPDATE dwh.datamartusers SET history_whole_open = 31339 WHERE user_id = $id"
script_exports
sql "NOTIFY osm_notes_export"
eventually "the script is named" grep -q "event=other_exporter" "$scratch/exportd.log"
exportd status >"$scratch/status" || fail "status: $(<"$scratch/status")"
says "status tells of it" "$scratch/status" "another program set json_exported of 1 row"
exportd verify >/dev/null || fail "something was lost"
printf 'ok - and nothing is lost\n'

# --- The way back -----------------------------------------------------------------------------------------------------

readme_commands "The way back" >"$scratch/way_back"
run_commands "$scratch/way_back"
same "the service is stopped" "" "$daemon"
same "nothing of ours is left in the database" 0 \
    "$(sql "SELECT count(*) FROM pg_class WHERE relname LIKE 'json\_export\_%'")"
[[ ! -e $tree/.exportd ]] || fail ".exportd is left"
same "the script's query finds its rows again" "30 6" "$(script_finds)"
sums=$(sums_of_profiles)
script_exports
same "its marks stay" "0 0" "$(script_finds)"
same "and what it writes is what we had written" "$sums" "$(sums_of_profiles)"
sql "UPDATE dwh.datamartusers SET history_whole_open = 7, json_exported = FALSE WHERE user_id = $id"
same "a row that the ETL resets is found, and that one alone" "1 0" "$(script_finds)"
script_exports
profile_has "$id" '"history_whole_open":7,' || fail "the script does not export any more"
printf 'ok - and exported\n'
