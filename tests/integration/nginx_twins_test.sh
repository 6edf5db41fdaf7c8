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

fail() {
    printf 'nginx_twins_test: %s\n' "$1" >&2
    exit 1
}

# shellcheck source-path=SCRIPTDIR source=nginx_site.sh
. "$(dirname "${BASH_SOURCE[0]}")/nginx_site.sh"
need nginx python3 brotli
readonly module=/usr/lib/nginx/modules/ngx_http_brotli_static_module.so
[[ -e $module ]] || {
    echo "skipped: nginx has no module brotli_static"
    exit 77
}

# As the sample says.
make_site -e 's|^ *gzip_static off;|gzip_static on;|' -e 's|^ *# brotli_static off;|brotli_static on;|'
grep -q '^gzip_static on;' "$work/site.conf" || fail "the sample has no line for gzip_static"
grep -q '^brotli_static on;' "$work/site.conf" || fail "the sample has no line for brotli_static"
start_nginx "load_module $module;"

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
    stop_nginx
}
trap stop_all EXIT

profile=$(cd "$tree" && find users -name '*.json' | sort | head -n 1)
python3 "$(dirname "${BASH_SOURCE[0]}")/nginx_twins_reader.py" "$work/socket" "$profile" || fail "see above"
echo "nginx_twins_test: passed"
