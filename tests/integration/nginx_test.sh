#!/bin/bash
#
# The sample site for nginx, with a real nginx in front of a tree that a daemon publishes: what readers get, and what
# they do not. Nothing is installed or changed outside a temporary directory. Run by with_daemon.sh.
#
#   nginx_test.sh CONF_DIR

set -euo pipefail

readonly conf=${1:?directory of the configuration samples}
readonly tree=$EXPORTD_SCRATCH/json work=$EXPORTD_SCRATCH/nginx

fail() {
    printf 'nginx_test: %s\n' "$1" >&2
    exit 1
}

# shellcheck source-path=SCRIPTDIR source=nginx_site.sh
. "$(dirname "${BASH_SOURCE[0]}")/nginx_site.sh"
need nginx python3
# shellcheck disable=SC2119 # nothing is changed
make_site
# shellcheck disable=SC2119
start_nginx
trap stop_nginx EXIT

# get PATH [FIELD...]: the status, then the head, in $reply; the body in the file "body".
get() {
    local path=$1
    shift
    reply=$(python3 - "$work/socket" "$path" "$work/body.out" "$@" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect(sys.argv[1])
fields = "".join(f + "\r\n" for f in sys.argv[4:])
s.sendall(f"GET {sys.argv[2]} HTTP/1.1\r\nHost: notes.example.org\r\nConnection: close\r\n{fields}\r\n".encode())
data = b""
while chunk := s.recv(65536):
    data += chunk
head, _, body = data.partition(b"\r\n\r\n")
open(sys.argv[3], "wb").write(body)
print(head.decode().split(" ", 1)[1])
END
    )
}
expect() {
    get "${@:2}"
    [[ $reply == $1* ]] || fail "$2: ${reply%%$'\r'*} instead of $1"
}
expect_field() {
    [[ ${reply,,} == *"${1,,}"* ]] || fail "no '$1' in: $reply"
}

profile=$(cd "$tree" && find countries -name '*.json' | head -n 1)
expect 200 "/$profile"
expect_field "content-type: application/json; charset=utf-8"
expect_field "cache-control: no-cache"
expect_field "access-control-allow-origin: *"
cmp -s "$work/body.out" "$tree/$profile" || fail "/$profile is not the file"
etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/Ip' <<<"$reply")
[[ -n $etag ]] || etag=$(sed -n 's/^ETag: //Ip' <<<"$reply" | tr -d '\r')
expect 304 "/$profile" "If-None-Match: $etag"
expect 200 /metadata.json
expect 200 /indexes/users.json "Accept-Encoding: gzip"
expect_field "content-encoding: gzip"
# A twin that somebody left beside a file is not served in its place.
echo "old" | gzip -c >"$tree/indexes/users.json.gz"
expect 200 /indexes/users.json "Accept-Encoding: gzip"
expect_field "content-encoding: gzip"
! cmp -s "$work/body.out" "$tree/indexes/users.json.gz" || fail "a twin of a file is served"
rm "$tree/indexes/users.json.gz"

# Names with a dot are private, but for the version of the format, which mirrors of others copy.
expect 404 /.exportd/.json_export_version
[[ -e $tree/.json_export_version ]] || printf '1.0.0\n' >"$tree/.json_export_version"
expect 200 /.json_export_version

# A file that is replaced is served as it is now.
expect 200 /metadata.json
cp "$tree/metadata.json" "$tree/other.json"
printf '{"replaced":true}\n' >"$tree/metadata.new"
mv "$tree/metadata.new" "$tree/metadata.json"
expect 200 /metadata.json
grep -q replaced "$work/body.out" || fail "an old metadata.json is served"
mv "$tree/other.json" "$tree/metadata.json"

# Not so where somebody lets nginx keep files open, which the sample warns of: that a test would see it.
# The sample undoes it also when all of nginx is told to.
serve_with_cache() { # whether the site keeps the line that undoes it
    nginx -c "$work/nginx.conf" -e "$work/error.log" -s stop
    wait_for_end "$work/pid"
    sed -i -e '/open_file_cache/d' "$work/nginx.conf"
    sed -i -e 's|access_log off;|&\n    open_file_cache max=1000 inactive=60s; open_file_cache_valid 30s;|' "$work/nginx.conf"
    [[ $1 == undone ]] || sed -i -e '/^ *open_file_cache off;/d' "$work/site.conf"
    nginx -c "$work/nginx.conf" -e "$work/error.log"
}
wait_for_end() {
    local tries=0
    while [[ -e $1 ]]; do
        ((++tries < 400)) || fail "nginx does not end"
        read -rt 0.05 <> <(:) || true
    done
}
replaced() { # PATH: what is served after it was replaced, in body.out; in the tree it is as before then
    expect 200 "/$1"
    expect 200 "/$1" # twice: it is in the cache now
    cp "$tree/$1" "$work/saved"
    printf '{"replaced":true}\n' >"$tree/replaced.new"
    mv "$tree/replaced.new" "$tree/$1"
    expect 200 "/$1"
    cp "$work/saved" "$tree/replaced.new"
    mv "$tree/replaced.new" "$tree/$1"
}
serve_with_cache undone
replaced "$profile"
grep -q replaced "$work/body.out" || fail "an old profile is served though the sample switches the cache off"
serve_with_cache not
replaced "$profile"
! grep -q replaced "$work/body.out" || fail "open_file_cache_valid 30s does no harm any more: the sample's warning is out of date"
grep -q 'open_file_cache_valid' "$conf/nginx/osm-notes-json.conf" || fail "the sample does not say what not to set"

# Private, however it is written.
for path in /.exportd /.exportd/ /.exportd/quarantine.json /.exportd/lock /.exportd/publishing /%2eexportd/quarantine.json \
    /users/../.exportd/quarantine.json //.exportd/quarantine.json /./.exportd/quarantine.json /.git/config \
    /.json_export_version.old /users/.hidden.json "/.exportd/quarantine.json?x=1" /.exportd%2fquarantine.json; do
    expect 404 "$path"
done
expect 403 /
ln -s /etc/passwd "$tree/countries/link.json"
expect 403 /countries/link.json
rm "$tree/countries/link.json"
[[ $(stat -c %a "$tree/.exportd") == 700 ]] || fail ".exportd is open: $(stat -c %a "$tree/.exportd")"
echo "nginx_test: passed"
