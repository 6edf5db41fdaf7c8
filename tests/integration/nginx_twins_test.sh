#!/bin/bash
#
# The sample site for nginx with gzip_static and brotli_static, in front of a tree whose daemon makes twins, while a
# writer changes rows: whatever encoding a reader asks for, no answer is older than one that any reader had before.
# Nothing is installed or changed outside a temporary directory. Run by with_daemon.sh, with precompress = gzip,br.
#
#   nginx_twins_test.sh CONF_DIR

set -euo pipefail

readonly conf=${1:?directory of the configuration samples}
readonly tree=$EXPORTD_SCRATCH/json work=$EXPORTD_SCRATCH/nginx
export PATH=$PATH:/usr/sbin

fail() {
    printf 'nginx_twins_test: %s\n' "$1" >&2
    exit 1
}

for program in nginx python3 brotli; do
    command -v "$program" >/dev/null || {
        echo "skipped: no $program"
        exit 77
    }
done
readonly module=/usr/lib/nginx/modules/ngx_http_brotli_static_module.so
[[ -e $module ]] || {
    echo "skipped: nginx has no module brotli_static"
    exit 77
}

mkdir -p "$work"
# As the sample says; the worker runs as the user that runs the test.
sed -e 's|listen 80;|listen unix:'"$work"'/socket;|' -e '/listen \[::\]:80;/d' \
    -e "s|/var/lib/osm-notes-exportd/json;|$tree;|" \
    -e 's|^ *gzip_static off;|gzip_static on;|' -e 's|^ *# brotli_static off;|brotli_static on;|' \
    "$conf/nginx/osm-notes-json.conf" >"$work/site.conf"
grep -q '^gzip_static on;' "$work/site.conf" || fail "the sample has no line for gzip_static"
grep -q '^brotli_static on;' "$work/site.conf" || fail "the sample has no line for brotli_static"
cat >"$work/nginx.conf" <<END
load_module $module;
$( ((EUID == 0)) && echo "user $(id -un) $(id -gn);")
daemon on;
pid $work/pid;
error_log $work/error.log;
events { }
http {
    access_log off;
    client_body_temp_path $work/body;
    proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    include $work/site.conf;
}
END
nginx -t -q -c "$work/nginx.conf" -e "$work/error.log" || fail "nginx does not take the sample with twins"
nginx -c "$work/nginx.conf" -e "$work/error.log"

# Each statement makes all users another version; the daemon is told.
write() {
    local version=1000000
    while [[ ! -e $work/enough ]]; do
        printf 'UPDATE dwh.datamartusers SET history_whole_open = %d; NOTIFY osm_notes_export;\n' $((++version))
        read -rt 0.02 <> <(:) || true
    done | psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --dbname="$EXPORTD_DATABASE"
}
write &
readonly writer=$!
stop_all() {
    touch "$work/enough"
    wait "$writer" || true
    nginx -c "$work/nginx.conf" -e "$work/error.log" -s stop || true
}
trap stop_all EXIT

profile=$(cd "$tree" && find users -name '*.json' | sort | head -n 1)
python3 "$(dirname "${BASH_SOURCE[0]}")/nginx_twins_reader.py" "$work/socket" "$profile" || fail "see above"
echo "nginx_twins_test: passed"
