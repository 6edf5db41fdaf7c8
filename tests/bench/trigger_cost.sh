#!/bin/bash
#
# What the triggers and indexes of sql/install.sql cost the ETL, in microseconds per row.
#
#   PGHOST=DIR PGUSER=postgres tests/bench/trigger_cost.sh
#   ROWS=10000 RUNS=5 BUDGET_US=20 ...                      the defaults
#   INSTALL_SQL=FILE ...                                    another version of sql/install.sql
#
# The environment names a superuser of a scratch server without other load; for figures that mean something start it
# with `tests/support/private_postgres.sh start DIR --durable`. The database made here is dropped at the end.
#
# Each figure is the median of RUNS runs. Runs with and without triggers alternate, and each begins with the same
# compact table, flags and caches, so that neither bloat nor a busy moment falls on one side only.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly db=trigger_cost_$$
readonly admin_db=${PGDATABASE:-postgres}
readonly rows=${ROWS:-10000}
readonly runs=${RUNS:-5}
readonly budget=${BUDGET_US:-20}
# A recompute in production updates its row this many times, in one transaction.
readonly recompute_updates=15
unset PGOPTIONS

sql() {
    local args=() statement
    for statement in "$@"; do
        args+=(-c "$statement")
    done
    psql -qXAt -v ON_ERROR_STOP=1 "${args[@]}"
}

cleanup() {
    PGDATABASE=$admin_db sql "DROP DATABASE IF EXISTS $db WITH (FORCE)"
}

# Statements that switch all triggers off, or as they were after the installation: some fire always, some in replicas only.
trigger_statements() {
    sql "SELECT format('ALTER TABLE %s %s TRIGGER %I;', tgrelid::regclass,
                       CASE WHEN '$1' = 'off' THEN 'DISABLE' WHEN tgenabled = 'A' THEN 'ENABLE ALWAYS'
                            WHEN tgenabled = 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE' END, tgname)
           FROM pg_trigger WHERE tgname LIKE 'json\_export\_%'"
}

# triggers on|off
triggers() {
    psql -qXAt -v ON_ERROR_STOP=1 -f "$scratch/triggers.$1"
}

# Milliseconds that the last statement takes; those before it belong to its session but are not timed.
milliseconds() {
    local last=${*: -1} args=() statement
    for statement in "${@:1:$#-1}"; do
        args+=(-c "$statement")
    done
    psql -qXAt -v ON_ERROR_STOP=1 "${args[@]}" -c '\timing on' -c "$last" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'
}

median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# prepare FLAG MODIFIED: every row in the same state, tables compact.
prepare() {
    triggers off
    sql "UPDATE dwh.datamartusers SET json_exported = $1" "UPDATE dwh.dimension_users SET modified = $2" \
        "$empty_log" \
        "VACUUM (FULL, ANALYZE) dwh.datamartusers" "VACUUM (FULL, ANALYZE) dwh.dimension_users" "CHECKPOINT" \
        "SELECT count(*) FROM dwh.datamartusers WHERE dimension_user_id > 0" >/dev/null
}

# compare NAME FLAG MODIFIED UPDATES_PER_ROW STATEMENT...: one line of the table.
compare() {
    local name=$1 flag=$2 modified=$3 updates=$4 run state limit=$budget
    # The budget is for rows of the datamart; setting "modified" updates one more row each.
    [[ ${*: -1} != *dwh.dimension_* ]] || limit=1e9
    shift 4
    : >"$scratch/on"
    : >"$scratch/off"
    for ((run = 0; run < runs; run++)); do
        for state in off on; do
            prepare "$flag" "$modified"
            triggers "$state"
            milliseconds "$@" >>"$scratch/$state"
        done
    done
    awk -v name="$name" -v off="$(median <"$scratch/off")" -v on="$(median <"$scratch/on")" \
        -v count=$((rows * updates)) -v budget="$limit" '
        BEGIN {
            off *= 1000 / count; on *= 1000 / count
            printf "%-52s %8.1f %8.1f %8.1f   %s\n", name, off, on, on - off, on - off <= budget ? "" : "over budget"
        }'
}

# per_row TIMES STATEMENT: the statement for each row, TIMES in a row. $1 stands for the key, as the ETL would send it.
per_row() {
    printf "DO \$do\$ BEGIN FOR key IN 1..%d LOOP FOR n IN 1..%d LOOP %s; END LOOP; END LOOP; END \$do\$" "$rows" "$1" "$2"
}

index_cost() {
    local kind definition
    for kind in none plain covering; do
        case $kind in
        none) definition="" ;;
        plain) definition="(history_whole_open DESC NULLS LAST, history_whole_closed DESC NULLS LAST, user_id)" ;;
        covering) definition="(history_whole_open DESC NULLS LAST, history_whole_closed DESC NULLS LAST, user_id)
                              INCLUDE (username, dimension_user_id)" ;;
        esac
        : >"$scratch/change.$kind"
        : >"$scratch/mark.$kind"
        : >"$scratch/read.$kind"
        printf '%s' "$definition" >"$scratch/definition.$kind"
    done
    local run
    for ((run = 0; run < runs; run++)); do
        for kind in none plain covering; do
            definition=$(cat "$scratch/definition.$kind")
            sql "SET client_min_messages = warning" "DROP INDEX IF EXISTS dwh.json_export_users_index_order" \
                ${definition:+"CREATE INDEX json_export_users_index_order ON dwh.datamartusers $definition"}
            prepare true false
            triggers on
            # An index alone can only answer for pages that a plain VACUUM has seen, as most are in production.
            sql "VACUUM dwh.datamartusers"
            milliseconds "$read_index" >>"$scratch/read.$kind"
            milliseconds "UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1" >>"$scratch/change.$kind"
            prepare false false
            triggers on
            milliseconds "SET ROLE osm_notes_exporter" "UPDATE dwh.datamartusers SET json_exported = true" >>"$scratch/mark.$kind"
        done
    done
    printf '\n%-52s %8s %8s %8s\n' "Index in index order, triggers on, us per row" none plain covering
    local what
    for what in change:"first change, of a counter in the index" mark:"mark, as the exporter" read:"read the rows of indexes/users.json"; do
        printf '%-52s' "${what#*:}"
        for kind in none plain covering; do
            awk -v ms="$(median <"$scratch/${what%%:*}.$kind")" -v count="$rows" 'BEGIN { printf " %8.1f", ms * 1000 / count }'
        done
        printf '\n'
    done
}

scratch=$(mktemp -d)
trap 'cleanup; rm -rf "$scratch"' EXIT
export PGDATABASE=$admin_db
sql "CREATE DATABASE $db"
export PGDATABASE=$db
# The wait for the disk would hide the microseconds.
sql "ALTER DATABASE $db SET synchronous_commit = off"
psql -qX -v ON_ERROR_STOP=1 -f "$root/tests/support/datamart.sql" >/dev/null
psql -qX -v ON_ERROR_STOP=1 -v users="$rows" -v countries=250 -f "$root/tests/support/generate.sql" >/dev/null
psql -qX -v ON_ERROR_STOP=1 -f "${INSTALL_SQL:-$root/sql/install.sql}" >/dev/null
trigger_statements on >"$scratch/triggers.on"
trigger_statements off >"$scratch/triggers.off"
# Version 1 had another one.
log=$(sql "SELECT min(relname) FROM pg_class WHERE relname IN ('json_export_log', 'json_export_removals')")
readonly empty_log="TRUNCATE dwh.$log"
sql "ALTER TABLE dwh.datamartusers SET (autovacuum_enabled = false)" "ALTER TABLE dwh.dimension_users SET (autovacuum_enabled = false)"
[[ $(sql "SELECT count(*) FROM dwh.datamartusers WHERE dimension_user_id BETWEEN 1 AND $rows") == "$rows" ]]

readonly change="UPDATE dwh.datamartusers SET history_day_open = coalesce(history_day_open, 0) + 1"
readonly mark="UPDATE dwh.datamartusers SET json_exported = true"
readonly read_index="SELECT count(username) FROM (SELECT user_id, username, history_whole_open, history_whole_closed, dimension_user_id
    FROM dwh.datamartusers WHERE user_id >= 1
    ORDER BY history_whole_open DESC NULLS LAST, history_whole_closed DESC NULLS LAST, user_id OFFSET 0) AS i"
one_change=$(per_row 1 "$change WHERE dimension_user_id = key")
recompute=$(per_row "$recompute_updates" "$change WHERE dimension_user_id = key")
one_clear=$(per_row 1 "UPDATE dwh.dimension_users SET modified = false WHERE dimension_user_id = key")

sql "SELECT format('%s rows of %s bytes as JSON, %s runs, budget %s us per updated row',
            count(*), round(avg(length(row_to_json(d)::text))), $runs, $budget) FROM dwh.datamartusers d"
printf '\n%-52s %8s %8s %8s\n' "Updates of datamartusers, us per row" without with added
compare "first change of exported rows" true false 1 "$change"
compare "repeated change of pending rows" false false 1 "$change"
compare "mark, as the exporter" false false 1 "SET ROLE osm_notes_exporter" "$mark"
compare "mark, as somebody else (compared)" false false 1 "$mark"
compare "first change, a statement per row" true false 1 "$one_change"
compare "repeated change, a statement per row" false false 1 "$one_change"
compare "recompute: $recompute_updates statements per row, per statement" true false "$recompute_updates" "$recompute"
printf '\n%-52s %8s %8s %8s\n' "Updates of dimension_users, us per row" without with added
compare "modified set, all in one statement (rows exported)" true false 1 "UPDATE dwh.dimension_users SET modified = true"
compare "modified set, all in one statement (rows pending)" false false 1 "UPDATE dwh.dimension_users SET modified = true"
compare "modified cleared, all in one statement" true true 1 "UPDATE dwh.dimension_users SET modified = false"
compare "modified cleared, a statement per row" true true 1 "$one_clear"
printf '\n%-52s %8s %8s %8s\n' "Rows deleted from datamartusers, us per row" without with added
compare "delete, all in one statement" true false 1 "BEGIN" "DELETE FROM dwh.datamartusers"
compare "delete where rows are replicated" true false 1 "SET session_replication_role = replica" "BEGIN" "DELETE FROM dwh.datamartusers"
index_cost
