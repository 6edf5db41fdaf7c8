#!/bin/bash
#
# What we give to Prometheus, judged by Prometheus: the metrics of a running daemon, the alert rules and their behaviour,
# the dashboard's queries, and a scrape by a server of its own.
#
#   prometheus_test.sh CONF_DIR RULE_TESTS     beside a daemon, see support/with_daemon.sh
#
# Exits 77 (skipped) without Prometheus.

set -euo pipefail

readonly conf=$1 rule_tests=$2
server=""
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true' EXIT

fail() {
    printf 'failed: %s\n' "$1"
    exit 1
}

if ! command -v prometheus >/dev/null || ! command -v promtool >/dev/null; then
    echo "skipped: no prometheus"
    exit 77
fi

# fetch URL: the body of an answer with status 200.
fetch() {
    /usr/bin/python3 -c 'import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())' "$1"
}

readonly metrics=$EXPORTD_SCRATCH/metrics
fetch "$EXPORTD_URL/metrics" >"$metrics"
promtool check metrics <"$metrics" >"$EXPORTD_SCRATCH/lint" 2>&1 || {
    cat "$EXPORTD_SCRATCH/lint"
    fail "promtool check metrics"
}
[[ ! -s $EXPORTD_SCRATCH/lint ]] || fail "promtool says: $(<"$EXPORTD_SCRATCH/lint")"

promtool check rules "$conf/prometheus/osm-notes-exportd.rules.yml" || fail "promtool check rules"
promtool test rules "$rule_tests" || fail "promtool test rules"

# Every series that a rule or the dashboard asks for exists (of the errors: is at least documented), or the alert would
# never fire and the panel stay empty.
readonly known=$EXPORTD_SCRATCH/known
sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$metrics" >"$known"
echo osmnotes_export_io_errors_total >>"$known" # appears with the first error
while read -r name; do
    grep -qx "$name" "$known" || fail "nobody exports $name"
done < <(grep -hoE '(osmnotes_export|process)_[a-z_]+' "$conf"/prometheus/*.yml "$conf"/grafana/*.json |
    sed -E 's/_(bucket|sum|count)$//' | sort -u)
/usr/bin/python3 -m json.tool "$conf/grafana/osm-notes-exportd.json" >/dev/null || fail "the dashboard is not JSON"

port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$EXPORTD_SCRATCH/prometheus.yml" <<YAML
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [ $conf/prometheus/osm-notes-exportd.rules.yml ]
scrape_configs:
  - job_name: osm-notes-exportd
    static_configs: [ { targets: [ "${EXPORTD_URL#http://}" ] } ]
YAML
prometheus --config.file="$EXPORTD_SCRATCH/prometheus.yml" --storage.tsdb.path="$EXPORTD_SCRATCH/tsdb" \
    --web.listen-address="127.0.0.1:$port" >"$EXPORTD_SCRATCH/prometheus.log" 2>&1 &
server=$!

# answers QUERY: the result of an instant query, as JSON.
answers() {
    fetch "http://127.0.0.1:$port/api/v1/query?query=$1" 2>/dev/null
}

psql -q -d "$EXPORTD_DATABASE" -c "UPDATE dwh.datamartusers SET history_whole_open = 4711 WHERE dimension_user_id =
    (SELECT min(dimension_user_id) FROM dwh.datamartusers WHERE user_id >= 1)" -c "NOTIFY osm_notes_export"
tries=0
until answers 'osmnotes_export_rows_exported_total%7Bdataset=%22users%22%7D' | grep -q '"31"\]'; do
    if ((++tries > 600)); then
        tail -20 "$EXPORTD_SCRATCH/prometheus.log"
        fail "Prometheus does not have our series"
    fi
    read -rt 0.1 <> <(:) || true
done
answers 'up%7Bjob=%22osm-notes-exportd%22%7D' | grep -q '"1"\]' || fail "the target is not up"
answers 'osmnotes_export_oldest_pending_age_seconds' | grep -q '"dataset":"countries"' || fail "no age"
echo "passed"
