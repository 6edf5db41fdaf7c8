#!/bin/bash
#
# How fast osm-notes-exportd is on this machine, compared with what psql needs for the same rows. See --help.

set -euo pipefail

readonly USAGE="usage: tests/bench/run.sh [--users N] [--countries N] [--runs N] [--dir DIR] [--results FILE]
                          [--json] [--trigger-cost] [--no-install]

Builds a Release in build/bench, fills a private, durable PostgreSQL and measures exports of all rows, of 50 changed
users and of none. Prints one table and writes it to tests/bench/RESULTS.md. Use a machine without other load, and wait
some minutes between two calls: ext4 is slow where files were deleted a moment ago.

  --users N        how many users (default: 10000)
  --countries N    how many countries (default: 280)
  --runs N         measurements of each kind, of which the median counts (default: 5)
  --dir DIR        where database and trees go, on a real disk (default: /var/tmp)
  --results FILE   write the results there instead
  --json           print JSON instead of the table
  --trigger-cost   also run trigger_cost.sh on the same server; takes minutes
  --no-install     do not install missing packages
  --help           this text

Not a test: exits 0 unless something could not be run, also when a target is missed."

readonly DATABASE=notes_dwh

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly repo
readonly build_dir="$repo/build/bench"
users=10000
countries=280
runs=5
parent=/var/tmp
results="$repo/tests/bench/RESULTS.md"
format=table
trigger_cost=no
install=yes
work=""
child=""

# Progress; standard output is for the results alone.
say() { printf '%s\n' "$1" >&2; }

# A log file given as second argument has the details.
fail() {
    printf 'bench: %s\n' "$1" >&2
    [[ -z ${2-} || ! -s $2 ]] || tail -n 25 "$2" >&2
    exit 1
}

usage_error() {
    printf 'run.sh: %s\n%s\n' "$1" "$USAGE" >&2
    exit 64
}

parse_options() {
    while (($# > 0)); do
        case $1 in
        --users | --countries | --runs)
            [[ ${2-} =~ ^[1-9][0-9]{0,6}$ ]] || usage_error "$1 needs a number from 1 to 9999999"
            printf -v "${1#--}" '%s' "$2"
            shift 2
            ;;
        --dir)
            [[ -d ${2-} ]] || usage_error "--dir needs a directory"
            parent=$(cd "$2" && pwd)
            shift 2
            ;;
        --results)
            [[ -n ${2-} ]] || usage_error "--results needs a file"
            results=$2
            shift 2
            ;;
        --json)
            format=json
            shift
            ;;
        --trigger-cost)
            trigger_cost=yes
            shift
            ;;
        --no-install)
            install=no
            shift
            ;;
        --help)
            printf '%s\n' "$USAGE"
            exit 0
            ;;
        *) usage_error "unknown option $1" ;;
        esac
    done
}

clean_up() {
    # A second Ctrl-C must not leave half of it behind.
    trap '' INT TERM HUP
    if [[ -n $child ]]; then
        kill -TERM "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    if [[ -n $work ]]; then
        "$repo/tests/support/private_postgres.sh" stop "$work/pg" || true
        rm -rf "$work"
    fi
}

# In the background, so that a signal is served at once and not when the command ends.
run_child() {
    local status=0
    "$@" &
    child=$!
    wait "$child" || status=$?
    child=""
    return "$status"
}

# The environment goes before the daemon's settings; here it must not.
forget_environment() {
    unset DBNAME_DWH JSON_OUTPUT_DIR SCHEMA_DIR JSON_EXPORT_BATCH_SIZE LOG_LEVEL NOTIFY_SOCKET WATCHDOG_USEC
    unset PGDATABASE PGHOST PGHOSTADDR PGOPTIONS PGPASSFILE PGPORT PGSERVICE PGSSLMODE PGUSER
    export LC_ALL=C.UTF-8
}

install_packages() {
    local what="demo"
    if [[ ! -x /usr/bin/python3 ]]; then
        what="test"
    fi
    "$repo/tests/support/install_packages.sh" "$what" >&2
}

build() {
    say "building build/bench"
    local log="$work/build.log"
    local -a launcher=()
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    {
        cmake -S "$repo" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release -DEXPORTD_TESTS=OFF "${launcher[@]}" &&
            cmake --build "$build_dir" --parallel "$(nproc)"
    } >"$log" 2>&1 || fail "the build failed" "$log"
    # A copy: a build of somebody else during the measurements changes nothing.
    cp "$build_dir/daemon/osm-notes-exportd" "$work/"
    cp -r "$repo/conf/schemas" "$work/"
}

run_sql() { psql -qX -v ON_ERROR_STOP=1 -d "$DATABASE" "$@"; }

start_server() {
    say "starting PostgreSQL"
    local settings
    settings=$("$repo/tests/support/private_postgres.sh" start "$work/pg" --durable) || fail "PostgreSQL did not start"
    eval "export $settings"
}

fill_database() {
    say "loading $users users and $countries countries"
    local log="$work/sql.log"
    {
        psql -qX -d postgres -c "CREATE DATABASE $DATABASE" &&
            run_sql -f "$repo/tests/support/datamart.sql" &&
            run_sql -v users="$users" -v countries="$countries" -f "$repo/tests/support/generate.sql" &&
            run_sql -f "$repo/sql/install.sql" &&
            run_sql -c "VACUUM ANALYZE"
    } >"$log" 2>&1 || fail "the database could not be filled" "$log"
}

describe_machine() {
    local memory_kb
    memory_kb=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    /usr/bin/python3 -c 'import json, sys; print(json.dumps(dict(word.split("=", 1) for word in sys.argv[1:])))' \
        "date=$(date -u +%Y-%m-%d)" \
        "cores=$(nproc)" \
        "memory_gb=$(((memory_kb + 524288) / 1048576))" \
        "load=$(cut -d ' ' -f 1 /proc/loadavg)" \
        "kernel=$(uname -r)" \
        "postgresql=$(run_sql -At -c "SHOW server_version")" \
        "file_system=$(df --output=fstype "$work" | tail -n 1)" \
        "version=$("$work/osm-notes-exportd" --version)" >"$work/machine.json"
}

measure() {
    run_child /usr/bin/python3 -I "$repo/tests/bench/measure.py" \
        "$work/osm-notes-exportd" "$work/schemas" "$work/data" "$DATABASE" "$runs" >"$work/figures.json" ||
        fail "measuring failed"
}

measure_triggers() {
    say "measuring the cost of the triggers"
    ROWS=$users RUNS=$runs run_child "$repo/tests/bench/trigger_cost.sh" >"$work/trigger_cost" ||
        fail "trigger_cost.sh failed"
}

report() {
    local -a files=("$work/figures.json" "$work/machine.json")
    if [[ -e $work/trigger_cost ]]; then
        files+=("$work/trigger_cost")
    fi
    /usr/bin/python3 -I "$repo/tests/bench/report.py" markdown "${files[@]}" >"$work/results.md"
    cp "$work/results.md" "$results"
    /usr/bin/python3 -I "$repo/tests/bench/report.py" "$format" "${files[@]}"
}

main() {
    parse_options "$@"
    forget_environment
    if [[ $install == yes ]]; then
        install_packages
    fi
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    work=$(mktemp -d "$parent/exportd-bench.XXXXXX")
    chmod 755 "$work"
    mkdir "$work/data"
    # Each tree in a part of the disk of its own, away from what was deleted lately; ext4 alone knows the attribute.
    chattr +T "$work/data" 2>/dev/null || true
    if [[ $(stat -f -c %T "$work") == tmpfs ]]; then
        say "warning: $parent is in memory; nothing written there costs what a disk costs (--dir)"
    fi

    build
    start_server
    fill_database
    describe_machine
    measure
    if [[ $trigger_cost == yes ]]; then
        measure_triggers
    fi
    report
}

main "$@"
