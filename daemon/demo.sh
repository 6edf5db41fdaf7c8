#!/bin/bash
#
# The daemon at work on a private, throw-away PostgreSQL with made-up data. Touches nothing outside build/demo and one
# temporary directory. See --help.

set -euo pipefail

readonly USAGE="usage: daemon/demo.sh [--once | --keep] [--users N] [--countries N]

Builds osm-notes-exportd, starts it on a private PostgreSQL full of made-up users and countries, plays an ETL that
changes 50 users, and shows what appeared in the published tree and how soon, and how a git repository follows. Then again
every 15 seconds, until Ctrl-C ends and removes everything.

  --once           end after the first ETL; the exit status says whether all was as promised
  --keep           end after the first ETL, but leave server and daemon running
  --users N        how many users (default: 10000)
  --countries N    how many countries (default: 250)
  --help           this text

Environment: EXPORTD_BINARY names a program that is built already."

readonly CHANGES=50
readonly PAUSE=15
readonly DEBOUNCE_MS=200

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly repo
readonly build_dir="$repo/build/demo"
# shellcheck source=daemon/demo_etl.sh
source "$repo/daemon/demo_etl.sh"
# shellcheck source=daemon/demo_mirror.sh
source "$repo/daemon/demo_mirror.sh"
program=${EXPORTD_BINARY-}
mode=repeat
users=10000
countries=250
work=""
page=""
daemon_pid=""
pause_pid=""
failures=0
interrupt_status=130

# Words ----------------------------------------------------------------------------------------------------------------

now_ms() { date +%s%3N; }

seconds() { printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); }

step_started=""
step() {
    printf '%-70s' "$1"
    step_started=$(now_ms)
}

step_done() {
    printf '%8s\n' "$(seconds $(($(now_ms) - step_started)))"
    step_started=""
}

# Ends the demo; a log file given as second argument has the details.
fail() {
    [[ -z $step_started ]] || echo
    printf '\ndemo: %s\n' "$1" >&2
    local log=${2-$work/exportd.log}
    if [[ -s $log ]]; then
        printf 'The end of %s:\n' "${log##*/}" >&2
        tail -n 25 "$log" >&2
    fi
    exit 1
}

# expect TEXT COMMAND...: one promise, kept or not.
expect() {
    local text=$1
    shift
    if "$@"; then
        printf '  ok      %s\n' "$text"
    else
        printf '  FAILED  %s\n' "$text"
        failures=$((failures + 1))
    fi
}

usage_error() {
    printf 'demo.sh: %s\n%s\n' "$1" "$USAGE" >&2
    exit 64
}

parse_options() {
    while (($# > 0)); do
        case $1 in
        --once | --keep)
            mode=${1#--}
            shift
            ;;
        --users | --countries)
            [[ ${2-} =~ ^[1-9][0-9]{0,6}$ ]] || usage_error "$1 needs a number from 1 to 9999999"
            if [[ $1 == --users ]]; then users=$2; else countries=$2; fi
            shift 2
            ;;
        --help)
            printf '%s\n' "$USAGE"
            exit 0
            ;;
        *) usage_error "unknown option $1" ;;
        esac
    done
}

# The end --------------------------------------------------------------------------------------------------------------

stop_daemon() {
    local deadline=$((SECONDS + 20)) status=0
    kill -TERM "$daemon_pid" 2>/dev/null || true
    while kill -0 "$daemon_pid" 2>/dev/null && ((SECONDS < deadline)); do
        sleep 0.05
    done
    kill -KILL "$daemon_pid" 2>/dev/null || true
    wait "$daemon_pid" 2>/dev/null || status=$?
    daemon_pid=""
    return "$status"
}

clean_up() {
    # A second Ctrl-C must not leave half of it behind.
    trap '' INT TERM HUP
    [[ -z $pause_pid ]] || kill "$pause_pid" 2>/dev/null || true
    [[ -z $daemon_pid ]] || stop_daemon || true
    if [[ -n $work ]]; then
        if [[ -d $work/pg ]]; then
            "$repo/tests/support/private_postgres.sh" stop "$work/pg" || true
        fi
        rm -rf "$work"
    fi
}

describe_kept() {
    # From here on nothing is cleaned up.
    trap - EXIT
    cat <<EOF

Still running, until you stop it:
  database    psql -h $work/pg -U postgres -d notes_dwh
  tree        $work/json
  git mirror  $work/mirror.git
  status page $page
  daemon      process $daemon_pid, log $work/exportd.log
  status      RUNTIME_DIRECTORY=$work/run $binary status --config $work/exportd.conf
  to stop     kill $daemon_pid
              $repo/tests/support/private_postgres.sh stop $work/pg
              rm -rf $work
EOF
}

# Preparation ----------------------------------------------------------------------------------------------------------

# The environment goes before the configuration file; here it must not.
forget_environment() {
    unset DBNAME_DWH JSON_OUTPUT_DIR SCHEMA_DIR JSON_EXPORT_BATCH_SIZE LOG_LEVEL NOTIFY_SOCKET WATCHDOG_USEC
    unset PGDATABASE PGHOSTADDR PGOPTIONS PGPASSFILE PGPORT PGSERVICE PGSSLMODE
    # Bytes are compared, not letters.
    export LC_ALL=C.UTF-8
}

build() {
    program="$build_dir/daemon/osm-notes-exportd"
    step "Building the daemon (build/demo; the first time takes minutes)"
    local log="$work/build.log"
    {
        cmake -S "$repo" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF &&
            cmake --build "$build_dir" --parallel "$(nproc)"
    } >"$log" 2>&1 || fail "the build failed" "$log"
    step_done
}

start_server() {
    step "Starting a private PostgreSQL"
    local settings
    settings=$("$repo/tests/support/private_postgres.sh" start "$work/pg") || fail "PostgreSQL did not start"
    eval "export $settings"
    service_user=$(stat -c %U "$work/pg/data")
    step_done
}

run_sql() { psql -qX -v ON_ERROR_STOP=1 -d notes_dwh "$@"; }

value_of() { run_sql -At -c "$1"; }

fill_database() {
    local log="$work/sql.log"
    step "Creating the datamart: $users users, $countries countries"
    {
        psql -qX -d postgres -c "CREATE DATABASE notes_dwh" &&
            run_sql -f "$repo/tests/support/datamart.sql" &&
            run_sql -v users="$users" -v countries="$countries" -f "$repo/tests/support/generate.sql"
    } >"$log" 2>&1 || fail "the datamart could not be filled" "$log"
    step_done
    step "Running sql/install.sql: triggers, indexes, statistics"
    run_sql -f "$repo/sql/install.sql" >"$log" 2>&1 || fail "install.sql failed" "$log"
    step_done
}

# PostgreSQL does not run as root, and the daemon has no need to.
as_service() {
    if ((EUID == 0)); then
        setpriv --reuid "$service_user" --regid "$(id -g "$service_user")" --init-groups -- "$@"
    else
        "$@"
    fi
}

# Prints the path, or that of a copy when the service's user cannot get there (a checkout in root's home).
reachable() {
    local path=$1 copy
    if ! (cd / && as_service test -r "$path"); then
        copy="$work/${path##*/}"
        cp -r "$path" "$copy"
        chmod -R a+rX "$copy"
        path=$copy
    fi
    printf '%s\n' "$path"
}

# The same of the daemon, with the program that it becomes for mirrors: where that lies, seen from the daemon's directory.
reachable_program() {
    local path=$1 copy="$work/program" mirror=libexec/osm-notes-exportd
    if ! (cd / && as_service test -x "$path"); then
        mkdir -p "$copy/bin" "$copy/$mirror"
        cp "$path" "$copy/bin/"
        cp "${path%/*}/../$mirror/mirror" "$copy/$mirror/"
        chmod -R a+rX "$copy"
        path=$copy/bin/${path##*/}
    fi
    printf '%s\n' "$path"
}

write_config() {
    cat >"$work/exportd.conf" <<EOF
[database]
conninfo = host=$work/pg user=osm_notes_exporter dbname=notes_dwh

[output]
directory = $work/json

[schedule]
debounce = ${DEBOUNCE_MS}ms

[http]
listen = 127.0.0.1:0

[export]
schema_dir = $(reachable "$repo/conf/schemas")
$(mirror_config)
EOF
}

start_daemon() {
    step "Starting the daemon; its first export writes everything"
    binary=$(reachable_program "$program")
    write_config
    export RUNTIME_DIRECTORY=$work/run # where daemon and status meet
    mkdir "$work/json" "$work/run"
    : >"$work/exportd.log"
    ((EUID != 0)) || chown "$service_user:" "$work/json" "$work/run"
    # A session of its own: Ctrl-C is for this script, which then ends the daemon in order. All of these commands
    # replace themselves, so the process id is the daemon's.
    (cd / && as_service_exec setsid "$binary" run --config "$work/exportd.conf") >>"$work/exportd.log" 2>&1 </dev/null &
    daemon_pid=$!
    wait_until $((120 + users / 500)) "the first export" first_export_done
    step_done
    page="http://$(sed -n 's/.*event=serving .*address=\([^ ]*\).*/\1/p' "$work/exportd.log")/"
}

as_service_exec() {
    if ((EUID == 0)); then
        exec setpriv --reuid "$service_user" --regid "$(id -g "$service_user")" --init-groups -- "$@"
    fi
    exec "$@"
}

# Looking --------------------------------------------------------------------------------------------------------------

# wait_until SECONDS WHAT CONDITION
wait_until() {
    local deadline=$((SECONDS + $1)) what=$2
    until "$3"; do
        kill -0 "$daemon_pid" 2>/dev/null || fail "the daemon ended before $what"
        ((SECONDS < deadline)) || fail "no sign of $what after $1 seconds"
        sleep 0.05
    done
}

nothing_pending() { [[ $(value_of "SELECT sum(pending) FROM dwh.json_export_status") == 0 ]]; }

first_export_done() { [[ -e $work/json/metadata.json ]] && nothing_pending; }

profile_path() {
    local id=$1
    printf 'users/%x/%x/%x/%d.json\n' $((id / 256 % 16)) $((id / 16 % 16)) $((id % 16)) "$id"
}

# One line per profile; it changes when the file is written, replaced or merely touched.
list_profiles() {
    (cd "$work/json" && find users countries -type f -name '*.json' -printf '%p\t%i\t%T@\t%C@\n' | sort)
}

show_tree() {
    local profiles
    profiles=$(list_profiles | wc -l)
    printf '\n%s profiles, %s in all:\n' "$profiles" "$(du -sh --exclude=.exportd "$work/json" | cut -f1)"
    (cd "$work/json" && find . -mindepth 1 -maxdepth 2 -type f -name '*.json' -not -path './countries/*' \
        -not -path './.exportd/*' -printf '  %9s bytes  %P\n' | sort -k 3)
    expect "every user and country has its profile" test "$profiles" -eq $((users + countries))
    expect "the status page answers at $page" page_answers
}

# The first line of the answer, asked for without anything that may not be installed.
page_answers() {
    local address=${page#http://} answer
    address=${address%/}
    exec 3<>"/dev/tcp/${address%:*}/${address##*:}" || return 1
    printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    IFS= read -r -t 20 answer <&3 || return 1
    exec 3>&-
    [[ $answer == "HTTP/1.1 200"* ]]
}

# The whole ------------------------------------------------------------------------------------------------------------

repeat_etl() {
    local round=2
    interrupt_status=0
    while ((failures == 0)); do
        printf '\nThe next ETL run is in %d seconds. Ctrl-C ends the demo and removes everything.\nTree: %s\nStatus page: %s\n' \
            "$PAUSE" "$work/json" "$page"
        # In the background, so that a signal is served at once.
        sleep "$PAUSE" &
        pause_pid=$!
        wait "$pause_pid"
        pause_pid=""
        play_etl "$round"
        round=$((round + 1))
    done
}

main() {
    parse_options "$@"
    forget_environment
    "$repo/tests/support/install_packages.sh" demo
    work=$(mktemp -d "${TMPDIR:-/tmp}/exportd-demo.XXXXXX")
    trap clean_up EXIT
    trap 'printf "\n\nEnding the demo: daemon, server, files.\n"; exit "$interrupt_status"' INT
    trap 'exit 143' TERM HUP
    chmod 755 "$work"

    [[ -n $program ]] || build
    start_server
    fill_database
    start_daemon
    show_tree
    begin_mirror
    play_etl 1
    case $mode in
    repeat) repeat_etl ;;
    once) expect "the daemon ended with status 0" stop_daemon ;;
    keep) describe_kept ;;
    esac
    ((failures == 0)) || fail "$failures of the promises above were not kept"
}

main "$@"
