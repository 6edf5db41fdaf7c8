#!/bin/bash
#
# An OpenStack Swift with its S3 API on loopback, for tests and benchmarks: a proxy, an account, a container and an object
# server, and memcached, with everything they keep in one directory. Never as root: started by root it runs as `swift`, or
# as `nobody`.
#
#   swift.sh start DIR [WORKERS]   prints one line: SWIFT_URL=http://127.0.0.1:PORT SWIFT_KEY=test:tester SWIFT_SECRET=testing
#   swift.sh stop DIR              ends that one and removes DIR
#   swift.sh kill DIR              SIGKILL to all of its processes; what they keep stays
#   swift.sh resume DIR            starts them again, at the same ports
#
# Exit status 77: Debian's packages are not there (tests/support/install_packages.sh test).

set -euo pipefail

readonly USAGE="usage: swift.sh start DIR [WORKERS] | stop DIR | kill DIR | resume DIR"
readonly NEEDED=(swift-proxy-server swift-account-server swift-container-server swift-object-server memcached)
# Tells our directories from others: stop removes DIR only when this file is in it.
readonly MARKER=.swift_for_tests
readonly PATIENCE=30

fail() {
    printf 'swift: %s\n' "$1" >&2
    exit 1
}

as_swift() {
    if ((EUID != 0)); then
        "$@"
    else
        runuser -u "$(swift_user)" -- "$@"
    fi
}

swift_user() {
    if ((EUID != 0)); then
        id -un
    elif id swift >/dev/null 2>&1; then
        echo swift
    else
        echo nobody
    fi
}

free_ports() {
    python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(5)]
print(*(s.getsockname()[1] for s in held))'
}

write_server() { # KIND PORT WORKERS
    cat >"$dir/$1-server.conf" <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
workers = $3
user = $(swift_user)
swift_dir = $dir
devices = $dir/devices
mount_check = false
log_level = WARNING
log_address = $dir/no-syslog
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
END
}

write_proxy() { # PORT MEMCACHED_PORT WORKERS
    cat >"$dir/proxy-server.conf" <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $1
workers = $3
user = $(swift_user)
swift_dir = $dir
log_level = WARNING
log_address = $dir/no-syslog
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth slo copy versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$2
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:copy]
use = egg:swift#copy
[filter:versioned_writes]
use = egg:swift#versioned_writes
END
}

# One process instead of swift-ring-builder nine times.
make_rings() { # ACCOUNT_PORT CONTAINER_PORT OBJECT_PORT
    as_swift python3 -W ignore - "$dir" account "$1" container "$2" object "$3" <<'END'
import sys
from swift.common.ring import RingBuilder
for name, port in zip(sys.argv[2::2], sys.argv[3::2]):
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "d1", "weight": 1,
                     "replication_ip": "127.0.0.1", "replication_port": int(port)})
    builder.rebalance()
    builder.get_ring().save(f"{sys.argv[1]}/{name}.ring.gz")
END
}

write_everything() { # WORKERS
    local proxy account container object cache
    read -r proxy account container object cache < <(free_ports)
    printf 'proxy=%s cache=%s storage="%s"\n' "$proxy" "$cache" "$account $container $object" >"$dir/ports"
    mkdir -p "$dir/devices/d1"
    cat >"$dir/swift.conf" <<END
[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = only
[storage-policy:0]
name = one
default = yes
END
    write_server account "$account" 1
    write_server container "$container" 1
    write_server object "$object" "$1"
    write_proxy "$proxy" "$cache" "$1"
    if ((EUID == 0)); then
        chown -R "$(swift_user)" "$dir"
    fi
    make_rings "$account" "$container" "$object"
}

# In a process group of its own, which `kill` ends as a whole.
start_one() { # NAME COMMAND...
    local name=$1
    shift
    # shellcheck disable=SC2016 # for the shell that is started
    as_swift setsid --fork sh -c 'echo $$ >"$0"; exec "$@"' "$dir/$name.pid" "$@" \
        >>"$dir/$name.log" 2>&1 </dev/null
}

listens() { # PORT
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

is_healthy() { # PORT
    local answer
    answer=$( (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /healthcheck HTTP/1.0\r\n\r\n' >&3 && timeout 2 cat <&3) 2>/dev/null) &&
        [[ $answer == *200\ OK* ]]
}

# The proxy answers before the others do, and says then that there is no bucket.
is_ready() { # PROXY STORAGE...
    local port
    for port in "${@:2}"; do
        listens "$port" || return 1
    done
    is_healthy "$1"
}

start_all() {
    local proxy cache storage kind
    eval "$(cat "$dir/ports")"
    export SWIFT_DIR=$dir PYTHONWARNINGS=ignore
    start_one memcached memcached -l 127.0.0.1 -p "$cache" -U 0 -m 32
    for kind in account container object proxy; do
        start_one "$kind" "swift-$kind-server" "$dir/$kind-server.conf"
    done
    local end=$((SECONDS + PATIENCE))
    # shellcheck disable=SC2086 # a list of ports
    until is_ready "$proxy" $storage; do
        ((SECONDS < end)) || fail "the proxy does not answer within $PATIENCE s, see $dir/proxy.log"
        read -rt 0.1 <> <(:) || true
    done
    echo "SWIFT_URL=http://127.0.0.1:$proxy SWIFT_KEY=test:tester SWIFT_SECRET=testing"
}

kill_all() {
    local file pid
    for file in "$dir"/*.pid; do
        [[ -e $file ]] || continue
        pid=$(cat "$file")
        if [[ -n $pid && -d /proc/$pid ]] && tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qE 'swift-|memcached'; then
            kill -KILL -- "-$pid" 2>/dev/null || true
        fi
        rm -f "$file"
    done
}

require_ours() {
    [[ -e $dir/$MARKER ]] || fail "$dir is none of ours"
}

(($# == 2 || $# == 3)) || {
    echo "$USAGE" >&2
    exit 64
}
readonly action=$1 dir=$2
case $action in
start)
    for program in "${NEEDED[@]}"; do
        command -v "$program" >/dev/null || {
            echo "swift: skipped: no $program here (tests/support/install_packages.sh test)" >&2
            exit 77
        }
    done
    if [[ -e $dir/$MARKER ]]; then # what a killed run left behind
        kill_all
        rm -rf "$dir"
    fi
    mkdir -p "$dir"
    touch "$dir/$MARKER"
    write_everything "${3:-1}"
    start_all
    ;;
stop)
    [[ -e $dir ]] || exit 0
    require_ours
    kill_all
    rm -rf "$dir"
    ;;
kill)
    require_ours
    kill_all
    ;;
resume)
    require_ours
    start_all
    ;;
*)
    echo "$USAGE" >&2
    exit 64
    ;;
esac
