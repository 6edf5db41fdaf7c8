#!/bin/bash
#
# Runs a command beside a daemon that serves its status page: with a database of its own on the server that PGHOST names,
# from the template "small", and a tree in a temporary directory. The command finds EXPORTD_URL, EXPORTD_DATABASE,
# EXPORTD_SCRATCH (a directory that goes with it) and EXPORTD_PID. EXPORTD_MORE_SETTINGS are further words of the daemon.
#
#   with_daemon.sh OSM-NOTES-EXPORTD SCHEMA_DIR COMMAND [ARG...]

set -euo pipefail

readonly program=${1:?program} schemas=${2:?schema directory}
shift 2
scratch=$(mktemp -d)
database=with_daemon_$$
daemon=""

clean_up() {
    if [[ -n $daemon ]]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    dropdb --if-exists --force "$database" || true
    rm -rf "$scratch"
}
trap clean_up EXIT

read -ra more_settings <<<"${EXPORTD_MORE_SETTINGS-}"
createdb --template=small "$database"
RUNTIME_DIRECTORY=$scratch "$program" run --set "database.conninfo=dbname=$database" --set "output.directory=$scratch/json" \
    --set "export.schema_dir=$schemas" --set schedule.debounce=100ms --set http.listen=127.0.0.1:0 "${more_settings[@]}" 2>"$scratch/log" &
daemon=$!

# The end of start-up: listening, and two cycles.
tries=0
until grep -q event=listening "$scratch/log" && (($(grep -c event=cycle_finished "$scratch/log") >= 2)); do
    if ((++tries > 600)); then
        echo "the daemon does not start:" >&2
        cat "$scratch/log" >&2
        exit 1
    fi
    read -rt 0.05 <> <(:) || true
done
address=$(sed -n 's/.*event=serving .*address=\([^ ]*\).*/\1/p' "$scratch/log")

EXPORTD_URL="http://$address" EXPORTD_DATABASE=$database EXPORTD_SCRATCH=$scratch EXPORTD_PID=$daemon "$@"
