#!/bin/bash
#
# The status page in headless Chromium: with scripts and without, it shows the figures that the daemon has.
#
#   browser_test.sh     beside a daemon, see support/with_daemon.sh
#
# KEEP_SCREENSHOTS=DIR keeps pictures: light, dark and narrow. Exits 77 (skipped) without Chromium.

set -euo pipefail

if ! browser=$(command -v chromium || command -v chromium-browser); then
    echo "skipped: no chromium"
    exit 77
fi

readonly OPTIONS=(--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
    --disable-background-networking --disable-component-update --disable-dev-shm-usage --hide-scrollbars)
# How Chromium writes it in its preferences.
readonly ALLOWED=1 BLOCKED=2
scripts=$ALLOWED

open_browser=""
trap '[[ -z $open_browser ]] || kill "$open_browser" 2>/dev/null || true' EXIT

fail() {
    printf 'failed: %s\n' "$1"
    exit 1
}

# run_browser OPTION...: a browser with no past and no ties.
run_browser() {
    local profile
    profile=$(mktemp -d "$EXPORTD_SCRATCH/profile.XXXXXX")
    mkdir "$profile/Default"
    echo "{\"profile\": {\"default_content_setting_values\": {\"javascript\": $scripts}}}" >"$profile/Default/Preferences"
    timeout 60 "$browser" "${OPTIONS[@]}" --user-data-dir="$profile" "$@" 2>"$EXPORTD_SCRATCH/browser.log"
}

# dump OPTION...: the document as it is after loading.
dump() {
    run_browser --dump-dom "$@"
}

# title_becomes TEXT: of the page in the open browser.
title_becomes() {
    local tries=0
    until page_titles | grep -qxF -- "$1"; do
        ((++tries < 300)) || fail "the title does not become: $1"
        read -rt 0.2 <> <(:) || true
    done
}

page_titles() {
    /usr/bin/python3 - "$EXPORTD_SCRATCH/open/DevToolsActivePort" <<'PYTHON' 2>/dev/null
import json, sys, urllib.request
port = open(sys.argv[1]).readline().strip()
for page in json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5)):
    print(page["title"])
PYTHON
}

shows() {
    grep -qF -- "$2" <<<"$1" || fail "the page does not show: $2"
}

psql -q -d "$EXPORTD_DATABASE" -c "UPDATE dwh.datamartusers SET username = '<b>bold</b>', history_whole_open = -1
    WHERE dimension_user_id = (SELECT min(dimension_user_id) FROM dwh.datamartusers WHERE user_id >= 1)" \
    -c "NOTIFY osm_notes_export"
tries=0
until grep -q event=row_quarantined "$EXPORTD_SCRATCH/log"; do
    ((++tries < 600)) || fail "nothing is refused"
    read -rt 0.05 <> <(:) || true
done
read -rt 1.5 <> <(:) || true # a page may be a second old

for scripts in "$BLOCKED" "$ALLOWED"; do
    page=$(dump "$EXPORTD_URL/") || fail "no page: $(tail -3 "$EXPORTD_SCRATCH/browser.log")"
    shows "$page" "Up to date"
    shows "$page" '<th scope="row">users</th><td class="n">30</td>'
    shows "$page" "/history_whole_open"
    shows "$page" "&lt;b&gt;bold&lt;/b&gt;"
    if ((scripts == ALLOWED)); then
        shows "$page" "Refreshes every 5 s</span>"
    else
        shows "$page" "Reload the page for newer figures</span>"
    fi
done

# An open page follows what happens: the database goes, and the title, which the browser tells others, says so.
open_page_follows() {
    local profile=$EXPORTD_SCRATCH/open
    "$browser" "${OPTIONS[@]}" --user-data-dir="$profile" --remote-debugging-port=0 "$EXPORTD_URL/" \
        >"$EXPORTD_SCRATCH/browser.log" 2>&1 &
    open_browser=$!
    title_becomes "Up to date - osm-notes-exportd"
    psql -q -c "ALTER DATABASE $EXPORTD_DATABASE ALLOW_CONNECTIONS false" \
        -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '$EXPORTD_DATABASE'" >/dev/null
    title_becomes "Attention - osm-notes-exportd"
    psql -q -c "ALTER DATABASE $EXPORTD_DATABASE ALLOW_CONNECTIONS true"
    kill "$open_browser"
    wait "$open_browser" 2>/dev/null || true
    open_browser=""
}
open_page_follows

id=$(psql -qAt -d "$EXPORTD_DATABASE" -c "SELECT min(user_id) FROM dwh.datamartusers WHERE user_id >= 1")
page=$(dump "$EXPORTD_URL/profile?dataset=users&id=$id")
shows "$page" "\"user_id\": $id"

if [[ -n ${KEEP_SCREENSHOTS-} ]]; then
    mkdir -p "$KEEP_SCREENSHOTS"
    run_browser --screenshot="$KEEP_SCREENSHOTS/light.png" --window-size=1200,1500 "$EXPORTD_URL/"
    run_browser --screenshot="$KEEP_SCREENSHOTS/dark.png" --window-size=1200,1500 \
        --blink-settings=preferredColorScheme=0 "$EXPORTD_URL/"
    run_browser --screenshot="$KEEP_SCREENSHOTS/narrow.png" --window-size=500,2600 "$EXPORTD_URL/"
fi
echo "passed"
