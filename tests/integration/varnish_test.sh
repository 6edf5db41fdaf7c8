#!/bin/bash
#
# purge_url of a mirror, with a real Varnish in front of its copy: what changed is new with the next request, and nothing else
# is fetched again. Nothing is installed or changed outside a temporary directory. Run by with_daemon.sh.
#
#   varnish_test.sh PROGRAM
#
# Exits 77 (skipped) without Varnish.

set -euo pipefail

readonly program=${1:?program}
readonly tree=$EXPORTD_SCRATCH/json work=$EXPORTD_SCRATCH/varnish
readonly copy=$work/copy
export PATH=$PATH:/usr/sbin LC_ALL=C.UTF-8
cache="" origin=""

fail() {
    printf 'varnish_test: %s\n' "$1" >&2
    tail -n 20 "$work"/*.log >&2 || true
    exit 1
}

for needed in varnishd python3 gcc; do # Varnish compiles what it is told
    command -v "$needed" >/dev/null || {
        echo "skipped: no $needed"
        exit 77
    }
done

stop_all() {
    local pid
    for pid in $cache $origin; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}
trap stop_all EXIT

# until_it SECONDS COMMAND...
until_it() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || fail "not in time: $*"
        read -rt 0.1 <> <(:) || true
    done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# get PATH: the body. A status other than 200 is a failure.
get() {
    python3 -c 'import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())' \
        "http://127.0.0.1:$cache_port/$1"
}

mirror() {
    "$program" mirror disk --once --set "database.conninfo=dbname=$EXPORTD_DATABASE" --config "$work/conf" 2>>"$work/mirror.log" ||
        fail "the mirror failed"
}

mkdir -p "$work/state" "$copy"
cache_port=$(free_port)
origin_port=$(free_port)
cat >"$work/conf" <<END
[output]
directory = $tree
[mirror disk]
kind = directory
url = $copy
min_interval = 0
purge_url = http://127.0.0.1:$cache_port
END
mirror # a first copy; there is no cache yet, and that fails no step
[[ -s $copy/metadata.json ]] || fail "there is no copy"

(cd "$copy" && exec python3 -m http.server --bind 127.0.0.1 "$origin_port") >"$work/origin.log" 2>&1 &
origin=$!
cat >"$work/cache.vcl" <<END
vcl 4.1;
backend origin { .host = "127.0.0.1"; .port = "$origin_port"; }
acl purgers { "127.0.0.1"; }
sub vcl_recv {
    if (req.method == "PURGE") {
        if (client.ip !~ purgers) { return (synth(405)); }
        return (purge);
    }
}
sub vcl_backend_response { set beresp.ttl = 1h; }
END
as_is=()
((EUID != 0)) || as_is=(-j none)
varnishd -F "${as_is[@]}" -n "$work/state" -f "$work/cache.vcl" -a "127.0.0.1:$cache_port" -s malloc,16m >"$work/cache.log" 2>&1 &
cache=$!
until_it 60 get metadata.json

# Who asked the origin for what, since the last time.
fetched() { sed -n 's/.*"GET \/\([^ ]*\) .*/\1/p' "$work/origin.log" | tail -n +$((seen + 1)) | sort | tr '\n' ' '; }
seen=0
note() { seen=$(grep -c '"GET /' "$work/origin.log" || true); }

mapfile -t profiles < <(cd "$copy" && find users -name '*.json' | sort | head -n 3)
paths=("${profiles[@]}" indexes/users.json indexes/countries.json metadata.json)
ask_for_all() {
    local path
    for path in "${paths[@]}"; do
        get "$path" >/dev/null || fail "no $path"
    done
}
ask_for_all
note
ask_for_all
[[ -z $(fetched) ]] || fail "it is no cache: $(fetched)"

changed=${profiles[1]}
id=${changed##*/}
psql -q -d "$EXPORTD_DATABASE" -c "UPDATE dwh.datamartusers SET history_whole_open = 31337 WHERE user_id = ${id%.json}" \
    -c "NOTIFY osm_notes_export"
until_it 60 grep -q '"history_whole_open":31337,' "$tree/$changed"
until_it 60 grep -vq '"publishing"' "$tree/metadata.json"
! get "$changed" | grep -q 31337 || fail "the change came without a mirror"
mirror

get "$changed" | grep -q '"history_whole_open":31337,' || fail "the next request gets the old profile"
get indexes/users.json | grep -q 31337 || fail "the next request gets the old index"
get metadata.json | cmp -s - "$tree/metadata.json" || fail "the next request gets the old metadata.json"
ask_for_all
expected=$(printf '%s\n' "$changed" indexes/users.json metadata.json | sort | tr '\n' ' ')
[[ $(fetched) == "$expected" ]] || fail "fetched again: $(fetched), and not only $expected"
grep -q "purged=[1-9]" "$work/mirror.log" || fail "the log says nothing of it"
echo "what changed was purged, and nothing else"
