#!/bin/bash
#
# A name server that never answers must hold up neither the event loop nor the end of the daemon.
#
#   name_resolution_test.sh OSM-NOTES-EXPORTD SCHEMA_DIR
#
# Needs root, for a mount namespace with its own resolv.conf and for port 53 of a loopback address; else exits 77 (skipped).

set -euo pipefail

readonly program=$1 schemas=$2
readonly address=127.0.0.77
scratch=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$scratch"' EXIT

if ((EUID != 0)) || ! unshare --mount true 2>/dev/null; then
    echo "skipped: needs root and mount namespaces"
    exit 77
fi

fail() {
    printf 'failed: %s\n' "$1"
    cat "$scratch/log"
    exit 1
}

# wait_for WHAT COMMAND...: asks for at most 10 s.
wait_for() {
    local what=$1 tries=0
    shift
    until "$@"; do
        ((++tries < 200)) || fail "waited in vain for $what"
        read -rt 0.05 <> <(:) || true
    done
}

/usr/bin/python3 - "$address" >"$scratch/asked" <<'PYTHON' &
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
print("bound", flush=True)
while True:
    server.recv(512)
    print("asked", flush=True)
PYTHON
pids+=($!)
wait_for "the name server" grep -q bound "$scratch/asked"
echo "nameserver $address" >"$scratch/resolv.conf"
mkdir "$scratch/tree"

# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount sh -c 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"' sh "$scratch/resolv.conf" \
    "$program" run --config /dev/null --set output.directory="$scratch/tree" --set export.schema_dir="$schemas" \
    --set "database.conninfo=host=warehouse.example dbname=notes_dwh" 2>"$scratch/log" &
daemon=$!
pids+=("$daemon")
wait_for "a question to the name server" grep -q asked "$scratch/asked"
wait_for "the start" grep -q event=started "$scratch/log"

kill -USR1 "$daemon"
wait_for "the event loop" grep -q event=cycle_requested "$scratch/log"
kill -TERM "$daemon"
begin=$SECONDS
wait "$daemon" || fail "exit status $?"
((SECONDS - begin <= 7)) || fail "took $((SECONDS - begin)) s to end"
grep -q event=abandoned "$scratch/log" || fail "the cycle was not waiting: this test proves nothing"
echo "passed"
