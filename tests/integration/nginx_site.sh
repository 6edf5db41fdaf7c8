# shellcheck shell=bash disable=SC2154 # conf, tree and work are the sourcing script's
#
# Sourced by the tests with a real nginx: the sample site of CONF_DIR in front of $tree, on the socket $work/socket. Needs
# fail().

export PATH=$PATH:/usr/sbin

# need PROGRAM...
need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || {
            echo "skipped: no $program"
            exit 77
        }
    done
}

# make_site [SED_OPTION...]: $work/site.conf, the sample with its tree and its socket, and what these change.
make_site() {
    mkdir -p "$work"
    sed -e 's|listen 80;|listen unix:'"$work"'/socket;|' -e '/listen \[::\]:80;/d' \
        -e "s|/var/lib/osm-notes-exportd/json;|$tree;|" "$@" "$conf/nginx/osm-notes-json.conf" >"$work/site.conf"
}

# start_nginx [LINE]: LINE begins its configuration. The worker runs as the user that runs the test, so that it may read all
# that the daemon writes.
start_nginx() {
    cat >"$work/nginx.conf" <<END
${1-}
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
    nginx -t -q -c "$work/nginx.conf" -e "$work/error.log" || fail "nginx does not take the sample"
    nginx -c "$work/nginx.conf" -e "$work/error.log"
}

stop_nginx() {
    nginx -c "$work/nginx.conf" -e "$work/error.log" -s stop || true
}
