#!/bin/bash
#
# A real logrotate with our rule, beside a daemon that writes to a file: what was said is in the moved file or in the new
# one, nobody sends a signal, and no full export is run for it. Run by with_daemon.sh, as root or not.
#
#   logrotate_test.sh RULE OSM-NOTES-EXPORTD SCHEMA_DIR

set -euo pipefail

readonly rule=${1:?rule for logrotate} program=${2:?program} schemas=${3:?schema directory}
export PATH=$PATH:/usr/sbin
readonly logs=$EXPORTD_SCRATCH/logs tree=$EXPORTD_SCRATCH/second

fail() {
    printf 'logrotate_test: %s\n' "$1" >&2
    tail -n 20 "$logs"/* >&2 || true
    exit 1
}

command -v logrotate >/dev/null || {
    echo "skipped: no logrotate"
    exit 77
}

# A second daemon, as the first has its log elsewhere: that one ends, so that the database is free.
kill "$EXPORTD_PID"
mkdir -m 0750 "$logs"
"$program" run --set "database.conninfo=dbname=$EXPORTD_DATABASE" --set "output.directory=$tree" \
    --set "export.schema_dir=$schemas" --set schedule.debounce=100ms --set run.standby=true \
    --set "log.file=$logs/exportd.log" &
daemon=$!
trap 'kill "$daemon" 2>/dev/null || true; wait "$daemon" || true' EXIT

# wait_for WHAT COMMAND...
wait_for() {
    local what=$1 tries=0
    shift
    until "$@" 2>/dev/null; do
        ((++tries < 1200)) || fail "waited in vain for $what"
        read -rt 0.05 <> <(:) || true
    done
}
finished() {
    (($(zcat -f "$logs"/exportd.log* | grep -c event=cycle_finished) >= $1))
}
rotate() {
    # Elsewhere, and as the user at hand: what else is in the rule stays.
    sed -e "s|/var/log/osm-notes-exportd|$logs|" -e "s|su .*|su $(id -un) $(id -gn)|" "$rule" >"$EXPORTD_SCRATCH/rule"
    chmod 0644 "$EXPORTD_SCRATCH/rule"
    logrotate --force --state "$EXPORTD_SCRATCH/state" "$EXPORTD_SCRATCH/rule" || fail "logrotate does not take the rule"
}
cycle() {
    kill -USR1 "$daemon"
    wait_for "cycle $1" finished "$1"
}

wait_for "notifications" grep -q event=listening "$logs/exportd.log"
wait_for "the first cycles" finished 2
inode=$(stat -c %i "$logs/exportd.log")
rotate
[[ ! -e $logs/exportd.log ]] || fail "logrotate made a file: two would write to it"
cycle 3
[[ $(stat -c %i "$logs/exportd.log.1") == "$inode" ]] || fail "the old file was copied, not moved"
[[ $(stat -c %a "$logs/exportd.log") == 640 ]] || fail "the new file has mode $(stat -c %a "$logs/exportd.log")"
grep -q event=cycle_finished "$logs/exportd.log" || fail "the new file has not got the cycle after the rotation"
before=$(grep -c "" "$logs/exportd.log.1")
rotate
cycle 4
[[ -e $logs/exportd.log.2.gz ]] || fail "the oldest is not compressed"
(($(zcat "$logs/exportd.log.2.gz" | grep -c "") == before)) || fail "records were lost in the rotation"
! zcat -f "$logs"/exportd.log* | grep -qE 'lost_records|event=(full_requested|log_file_lost)' || fail "not as it should be"
echo "logrotate_test: passed"
