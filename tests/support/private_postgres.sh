#!/bin/bash
#
# A private PostgreSQL server for tests, benchmarks and the demo: data and socket in one directory, no TCP port.
#
#   settings=$(private_postgres.sh start DIR [--durable])   prints one line: PGHOST=DIR PGUSER=postgres
#   eval "export $settings"
#   private_postgres.sh stop DIR                            stops that server and removes DIR
#   PATH=$(private_postgres.sh programs):$PATH              psql itself instead of Debian's wrapper, which takes 0.1 s more
#
# For tests of faults:
#
#   private_postgres.sh keep DIR               stops the server, keeps its files as they are then in DIR/seed, starts it again
#   private_postgres.sh copy DIR OTHER         a server that begins as the one in OTHER was kept; prints the same line. Faster
#                                              than initdb, and of the same system identifier
#   private_postgres.sh standby DIR PRIMARY    a hot standby of the server in PRIMARY; prints the same line
#   private_postgres.sh promote DIR            makes it a primary
#   private_postgres.sh halt DIR fast|immediate, private_postgres.sh resume DIR    stop and start; nothing is removed
#   private_postgres.sh guard DIR              waits for the end of its input, then kills the server, whatever state its
#                                              processes are in, and removes DIR
#
# Without --durable the server trades safety for speed: fine for tests, wrong for measurements.
#
# The server must not run as root. When called by root it runs as `postgres` or, without such a user, as `nobody`.

set -euo pipefail

readonly USAGE="usage: private_postgres.sh start DIR [--durable] | stop DIR | programs | keep DIR | copy DIR OTHER |
       standby DIR PRIMARY | promote DIR | halt DIR fast|immediate | resume DIR | guard DIR"
readonly SOCKET_PATH_LIMIT=107
readonly SOCKET_NAME=".s.PGSQL.5432"
# Tells our directories from others: stop removes DIR only when this file is in it.
readonly MARKER=".private_postgres"

fail() {
    printf 'private_postgres: %s\n' "$1" >&2
    exit 1
}

usage_error() {
    printf '%s\n' "$USAGE" >&2
    exit 64
}

bin_dir() {
    local newest
    newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
    if [[ ! -x $newest ]] && command -v pg_config >/dev/null; then
        newest=$(pg_config --bindir)/postgres
    fi
    [[ -x $newest && -x ${newest%/*}/initdb ]] ||
        fail "no PostgreSQL server found; install one (tests/support/install_packages.sh test)"
    printf '%s\n' "${newest%/*}"
}

server_user() {
    if ((EUID != 0)); then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    elif id nobody >/dev/null 2>&1; then
        echo nobody
    else
        fail "PostgreSQL does not run as root, and there is neither a user postgres nor nobody"
    fi
}

# Runs a command as the server's user, from a directory that this user can enter.
as_server_user() {
    if ((EUID != 0)); then
        (cd / && "$@")
    elif command -v runuser >/dev/null; then
        (cd / && runuser -u "$(server_user)" -- "$@")
    else
        local user
        user=$(server_user)
        (cd / && setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@")
    fi
}

prepare_dir() {
    local dir=$1 user
    user=$(server_user)
    if [[ -e $dir && ! -d $dir ]]; then
        fail "$dir is not a directory"
    fi
    if [[ -d $dir && -n $(ls -A "$dir") ]]; then
        fail "$dir is not empty; stop its server first or choose another directory"
    fi
    mkdir -p "$dir"
    : >"$dir/$MARKER"
    # Clients of other users must reach the socket; the data directory below is private anyway.
    chmod 755 "$dir"
    if ((EUID == 0)); then
        chown -R "$user:" "$dir"
    fi
    if ! as_server_user test -w "$dir"; then
        rm -rf "$dir"
        fail "user $user cannot reach $dir; choose a directory below one that everybody may enter, such as /tmp"
    fi
}

write_settings() {
    local dir=$1 durable=$2
    {
        echo "listen_addresses = ''"
        # Said here, so that PGPORT of the environment does not change the socket's name.
        echo "port = 5432"
        echo "unix_socket_directories = '$dir'"
        echo "unix_socket_permissions = 0777"
        echo "max_connections = 60"
        echo "max_wal_size = 4GB"
        echo "timezone = 'UTC'"
        echo "log_timezone = 'UTC'"
        echo "log_line_prefix = '%m [%p] %q%a: '"
        if [[ $durable == no ]]; then
            echo "fsync = off"
            echo "synchronous_commit = off"
            echo "full_page_writes = off"
            # Few and small files to write, and to copy.
            echo "wal_init_zero = off"
            echo "wal_recycle = off"
            echo "min_wal_size = 32MB"
        fi
    } >>"$dir/data/postgresql.conf"
}

# A killed server leaves its pid file behind and, where dead processes are collected late, a zombie: neither is running.
running() {
    local dir=$1 pid
    [[ -f $dir/data/postmaster.pid ]] || return 1
    read -r pid <"$dir/data/postmaster.pid"
    if grep -qs '^State:[[:space:]]*Z' "/proc/$pid/status"; then
        return 1
    fi
    as_server_user "$(bin_dir)/pg_ctl" -D "$dir/data" status >/dev/null
}

# Leaves nothing of an attempt, so that the same directory can be tried again.
discard() {
    local dir=$1
    if running "$dir"; then
        as_server_user "$(bin_dir)/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
    fi
    rm -rf "$dir"
}

give_up() {
    local dir=$1 message=$2 log=$3
    tail -n 15 "$log" >&2 || true
    discard "$dir"
    fail "$message"
}

launch() {
    local dir=$1
    as_server_user "$(bin_dir)/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 start >"$dir/start.log" 2>&1
}

launch_or_give_up() {
    local dir=$1
    launch "$dir" || give_up "$dir" "the server did not start" \
        "$(ls "$dir/server.log" 2>/dev/null || echo "$dir/start.log")"
    printf 'PGHOST=%s PGUSER=postgres\n' "$dir"
}

start() {
    local dir=$1 durable=$2 bin
    bin=$(bin_dir)
    prepare_dir "$dir"
    # shellcheck disable=SC2064 # the directory of now
    trap "discard '$dir'; exit 130" INT TERM
    as_server_user "$bin/initdb" -D "$dir/data" --username postgres --auth trust --encoding UTF8 --locale C.UTF-8 \
        --no-sync >"$dir/initdb.log" 2>&1 || give_up "$dir" "initdb failed" "$dir/initdb.log"
    write_settings "$dir" "$durable"
    launch_or_give_up "$dir"
}

keep() {
    local dir=$1
    halt "$dir" fast
    rm -rf "$dir/seed"
    cp -a "$dir/data" "$dir/seed.new" && mv "$dir/seed.new" "$dir/seed"
    resume "$dir"
}

copy() {
    local dir=$1 other=$2
    [[ -d $other/seed ]] || fail "nothing is kept in $other; do: private_postgres.sh keep $other"
    prepare_dir "$dir"
    # shellcheck disable=SC2064 # the directory of now
    trap "discard '$dir'; exit 130" INT TERM
    cp -a "$other/seed" "$dir/data" || {
        discard "$dir"
        fail "the files of $other/seed could not be copied"
    }
    echo "unix_socket_directories = '$dir'" >>"$dir/data/postgresql.conf"
    launch_or_give_up "$dir"
}

standby() {
    local dir=$1 primary=$2
    prepare_dir "$dir"
    # shellcheck disable=SC2064 # the directory of now
    trap "discard '$dir'; exit 130" INT TERM
    as_server_user "$(bin_dir)/pg_basebackup" -h "$primary" -U postgres -D "$dir/data" -R -c fast --no-sync \
        >"$dir/backup.log" 2>&1 || give_up "$dir" "pg_basebackup failed" "$dir/backup.log"
    echo "unix_socket_directories = '$dir'" >>"$dir/data/postgresql.conf"
    launch_or_give_up "$dir"
}

promote() {
    local dir=$1
    as_server_user "$(bin_dir)/pg_ctl" -D "$dir/data" -w -t 60 promote >/dev/null || fail "$dir was not promoted"
}

halt() {
    local dir=$1 how=$2
    as_server_user "$(bin_dir)/pg_ctl" -D "$dir/data" -m "$how" -w -t 60 stop >/dev/null ||
        fail "the server in $dir did not stop"
}

resume() {
    local dir=$1
    launch "$dir" || fail "the server in $dir did not start: $(tail -n 3 "$dir/server.log")"
}

# Not even the keyboard's interrupt, which reaches the whole process group, ends this before its work is done.
guard() {
    local dir=$1 pid
    trap '' INT TERM HUP
    cat >/dev/null
    [[ -f $dir/$MARKER ]] || return 0
    if running "$dir"; then
        read -r pid <"$dir/data/postmaster.pid"
        # shellcheck disable=SC2046 # a list of numbers
        kill -CONT "$pid" $(pgrep -P "$pid") || true
    fi
    discard "$dir"
}

stop() {
    local dir=$1
    if [[ ! -e $dir ]]; then
        return
    fi
    [[ -f $dir/$MARKER ]] || fail "$dir was not made by private_postgres.sh start; nothing done"
    if running "$dir"; then
        as_server_user "$(bin_dir)/pg_ctl" -D "$dir/data" -m fast -w -t 60 stop >/dev/null ||
            fail "the server in $dir did not stop; nothing removed"
    fi
    rm -rf "$dir"
}

absolute_dir() {
    local dir
    dir=$(realpath -m -- "$1")
    ((${#dir} + 1 + ${#SOCKET_NAME} <= SOCKET_PATH_LIMIT)) || fail "$dir is too long for a Unix socket path"
    # The line printed by start is for eval, and the path stands between quotes in postgresql.conf.
    [[ $dir =~ ^[A-Za-z0-9/._+-]+$ ]] || fail "$dir: use letters, digits and ./_+- only"
    printf '%s\n' "$dir"
}

main() {
    if [[ $* == programs ]]; then
        bin_dir
        return
    fi
    (($# >= 2)) || usage_error
    local command=$1 dir durable=no
    dir=$(absolute_dir "$2")
    shift 2
    # Never another server's settings, and messages that do not depend on the machine.
    unset PGDATA PGHOST PGPORT PGOPTIONS
    export LC_ALL=C.UTF-8
    case "$command $*" in
    "start --durable") durable=yes ;&
    "start ") start "$dir" "$durable" ;;
    "stop ") stop "$dir" ;;
    "keep ") keep "$dir" ;;
    "copy "?*) copy "$dir" "$(absolute_dir "$1")" ;;
    "standby "?*) standby "$dir" "$(absolute_dir "$1")" ;;
    "promote ") promote "$dir" ;;
    "halt fast" | "halt immediate") halt "$dir" "$1" ;;
    "resume ") resume "$dir" ;;
    "guard ") guard "$dir" ;;
    *) usage_error ;;
    esac
}

main "$@"
