#!/bin/bash
#
# A shell script that exports pending users one by one, as an ETL's cron job would: it copies the tree, runs psql for
# each row and once more for each flag, and copies the tree back. To compare with; it validates and syncs nothing.
#
#   script_peer.sh DATABASE TREE     prints how many users it exported and the seconds spent on them

set -euo pipefail

readonly database=${1:?database} tree=${2:?tree}
readonly staging="$tree.staging"

query() { psql -qXAt -v ON_ERROR_STOP=1 -d "$database" -c "$1"; }

path_of() {
    local hash
    printf -v hash '%03x' $(($1 % 4096))
    printf 'users/%s/%s/%s/%s.json' "${hash:0:1}" "${hash:1:1}" "${hash:2:1}" "$1"
}

cp -a "$tree" "$staging"
pending=$(query "SELECT user_id FROM dwh.datamartusers WHERE user_id >= 1 AND json_exported IS NOT TRUE")
count=0
begin=$EPOCHREALTIME
for user in $pending; do
    file="$staging/$(path_of "$user")"
    mkdir -p "${file%/*}"
    query "SELECT row_to_json(t) FROM (SELECT u.*, c.contributor_type_name, c.contributor_type_name_en
           FROM dwh.datamartusers_export u LEFT JOIN dwh.contributor_types c
             ON c.contributor_type_id = u.id_contributor_type WHERE u.user_id = $user) t" >"$file"
    query "UPDATE dwh.datamartusers SET json_exported = true WHERE user_id = $user"
    count=$((count + 1))
done
end=$EPOCHREALTIME
cp -a "$staging/." "$tree/"
# Removing it takes no part: ext4 would create files slowly in what is measured next.
mv "$staging" "$staging.$(date +%s%N)"
printf '%d %d.%06d\n' "$count" $(((${end/./} - ${begin/./}) / 1000000)) $(((${end/./} - ${begin/./}) % 1000000))
