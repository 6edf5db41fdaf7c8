#!/bin/bash
#
# How fast osm-notes-exportd is on this machine, compared with what psql needs for the same rows. See --help.

set -euo pipefail

readonly USAGE="usage: tests/bench/run.sh [--users N] [--countries N] [--runs N] [--notifications N] [--json]
                          [--large] [--large-users N] [--keep-data DIR | --data DIR] [--trigger-cost]
                          [--dir DIR] [--no-fresh-fs] [--results FILE] [--binary FILE] [--no-install]

Builds a Release in build/bench, fills a private, durable PostgreSQL and measures exports of all rows, of 50 changed
users, of one and of none, and two simple exporters beside them. Prints a table and replaces the sections of
tests/bench/RESULTS.md that it has measured. Use a machine without other load.

  --users N          how many users (default: 10000)
  --countries N      how many countries (default: 280)
  --runs N           measurements of each kind, of which the median counts (default: 5)
  --notifications N  changes of one user whose way to the file is timed (default: 200)
  --json             print JSON instead of the table: everything measured, and the targets
  --large            also measure a database of 1,000,000 users; takes half an hour and 40 GB
  --large-users N    the same with N users
  --keep-data DIR    the same; the large database is made in the new directory DIR and stays there
  --data DIR         the same with the large database that stayed in DIR
  --trigger-cost     also run trigger_cost.sh on the same server; takes minutes
  --dir DIR          where databases and trees go, on a real disk (default: /var/tmp)
  --no-fresh-fs      all trees go to DIR itself, not to a fresh file system in a file there (which only root can mount).
                     Wait some minutes between two calls then: ext4 is slow where files were deleted a moment ago
  --results FILE     write the results there instead
  --binary FILE      measure this program, build nothing
  --no-install       do not install missing packages
  --help             this text

With the package linux-perf (Ubuntu: linux-tools) the results have a profile of what missed its target.
Not a test: exits 0 unless something could not be run, also when a target is missed."

readonly DATABASE=notes_dwh
# On the disk, of one large database: with its indexes, its write-ahead log, the tree, and the yardstick's file.
readonly LARGE_KB_PER_USER=36

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly repo
readonly bench="$repo/tests/bench"
readonly build_dir="$repo/build/bench"
users=10000
countries=280
runs=5
notifications=200
large_users=0
keep_data=""
data=""
parent=/var/tmp
fresh_fs=yes
results="$bench/RESULTS.md"
format=table
trigger_cost=no
binary=""
install=yes
work=""
child=""
# What clean_up has to undo.
mounted=""
server=""
# Of the trees, for the report.
file_system=""
declare -A load_seconds=([usual]=0 [large]=0)

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

# option_value OPTION VALUE: sets the variable of the same name.
option_value() {
    local name=${1#--}
    name=${name//-/_}
    case $1 in
    --dir | --data) [[ -d ${2-} ]] || usage_error "$1 needs a directory" ;;
    --results | --keep-data) [[ -n ${2-} ]] || usage_error "$1 needs a name" ;;
    --binary) [[ -x ${2-} && -f $2 ]] || usage_error "$1 needs a program" ;;
    *) [[ ${2-} =~ ^[1-9][0-9]{0,6}$ ]] || usage_error "$1 needs a number from 1 to 9999999" ;;
    esac
    [[ $name != dir ]] || name=parent
    printf -v "$name" '%s' "$2"
}

parse_options() {
    while (($# > 0)); do
        case $1 in
        --users | --countries | --runs | --notifications | --large-users | --keep-data | --data | --dir | --results | \
            --binary)
            option_value "$1" "${2-}"
            shift
            ;;
        --json) format=json ;;
        --large) large_users=1000000 ;;
        --trigger-cost) trigger_cost=yes ;;
        --no-fresh-fs) fresh_fs=no ;;
        --no-install) install=no ;;
        --help)
            printf '%s\n' "$USAGE"
            exit 0
            ;;
        *) usage_error "unknown option $1" ;;
        esac
        shift
    done
    [[ -z $data || -z $keep_data ]] || usage_error "--data and --keep-data exclude each other"
    [[ -z $keep_data || ! -e $keep_data ]] || usage_error "--keep-data: $keep_data exists; use it with --data"
    if [[ -n $data$keep_data ]] && ((large_users == 0)); then
        large_users=1000000
    fi
    parent=$(cd "$parent" && pwd)
}

clean_up() {
    # A second Ctrl-C must not leave half of it behind.
    trap '' INT TERM HUP
    if [[ -n $child ]]; then
        kill -TERM "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    end_server || true
    end_trees || true
    if [[ -n $work ]]; then
        rm -rf --one-file-system "$work"
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

build() {
    # A copy: a build of somebody else during the measurements changes nothing.
    cp -r "$repo/conf/schemas" "$work/"
    local floor
    for floor in floor batch_floor; do
        c++ -std=c++20 -O2 -pthread "$bench/${floor}_main.cpp" -o "$work/$floor" ||
            fail "${floor}_main.cpp cannot be compiled"
    done
    if [[ -n $binary ]]; then
        cp "$binary" "$work/osm-notes-exportd"
        return
    fi
    say "building build/bench"
    local log="$work/build.log"
    local -a launcher=()
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    {
        cmake -S "$repo" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF "${launcher[@]}" &&
            cmake --build "$build_dir" --parallel "$(nproc)"
    } >"$log" 2>&1 || fail "the build failed" "$log"
    cp "$build_dir/daemon/osm-notes-exportd" "$work/"
}

# --- server -----------------------------------------------------------------------------------------------------------

postgres() { "$repo/tests/support/private_postgres.sh" "$@"; }

run_sql() { psql -qX -v ON_ERROR_STOP=1 -d "$DATABASE" "$@"; }

start_server() {
    say "starting PostgreSQL in $1"
    local settings
    settings=$(postgres start "$1" --durable) || fail "PostgreSQL did not start"
    eval "export $settings"
    server=$1
}

resume_server() {
    say "starting PostgreSQL in $1 again"
    postgres resume "$1" || fail "no server starts in $1; was it made by --keep-data, and is it not in use?"
    server=$(cd "$1" && pwd)
    export PGHOST=$server PGUSER=postgres
}

end_server() {
    local ended=$server
    server=""
    if [[ -z $ended ]]; then
        return
    elif [[ $ended == "$work"/* ]]; then
        postgres stop "$ended"
    else
        postgres halt "$ended" fast
    fi
}

# fill_database SIZE USERS
fill_database() {
    say "loading $2 users and $countries countries"
    local log="$work/sql.log" begin=$SECONDS
    {
        psql -qX -d postgres -c "CREATE DATABASE $DATABASE" &&
            run_sql -f "$repo/tests/support/datamart.sql" &&
            run_sql -v users="$2" -v countries="$countries" -f "$repo/tests/support/generate.sql" &&
            run_sql -f "$repo/sql/install.sql" &&
            run_sql -c "VACUUM ANALYZE"
    } >"$log" 2>&1 || fail "the database could not be filled" "$log"
    load_seconds[$1]=$((SECONDS - begin))
    say "loaded in ${load_seconds[$1]} s"
}

# --- trees ------------------------------------------------------------------------------------------------------------

# Each tree in a part of the disk of its own, away from what was deleted lately; ext4 alone knows the attribute.
make_disk_dir() {
    mkdir -p "$1"
    chattr +T "$1" 2>/dev/null || true
}

# begin_trees NAME GIGABYTES: makes $work/NAME for them.
begin_trees() {
    local why="as --no-fresh-fs asks"
    make_disk_dir "$work/disk.$1"
    if [[ $fresh_fs == yes ]] && why=$("$bench/fresh_file_system.sh" make "$work/$1.ext4" "$work/$1" "$2" 2>&1); then
        mounted=$1
        file_system="a fresh ext4 in a file on $(df --output=fstype "$work" | tail -n 1), the server's data beside it"
        return
    fi
    make_disk_dir "$work/$1"
    file_system="$(df --output=fstype "$work" | tail -n 1), as it is and not fresh ($why)"
    if [[ $(stat -f -c %T "$work") == tmpfs ]]; then
        say "warning: $parent is in memory; nothing written there costs what a disk costs (--dir)"
    fi
}

end_trees() {
    local ended=$mounted
    mounted=""
    [[ -z $ended ]] || "$bench/fresh_file_system.sh" remove "$work/$ended.ext4" "$work/$ended"
}

# --- measuring --------------------------------------------------------------------------------------------------------

describe_machine() {
    local memory_kb
    memory_kb=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    /usr/bin/python3 -c 'import json, sys; print(json.dumps(dict(word.split("=", 1) for word in sys.argv[1:])))' \
        "date=$(date -u +%Y-%m-%d)" \
        "cores=$(nproc)" \
        "memory_gb=$(((memory_kb + 524288) / 1048576))" \
        "load=$load" \
        "kernel=$(uname -r)" \
        "postgresql=$postgresql" \
        "file_system=$file_system" \
        "load_s_usual=${load_seconds[usual]}" \
        "load_s_large=${load_seconds[large]}" \
        "version=$("$work/osm-notes-exportd" --version)" >"$work/machine.json"
}

# measure SIZE: with the server and the trees of that size.
measure() {
    run_child /usr/bin/python3 -sEB "$bench/measure.py" "$1" \
        "$work/osm-notes-exportd" "$work/schemas" "$work/$1" "$work/disk.$1" "$DATABASE" \
        "$runs" "$notifications" >"$work/$1.json" ||
        fail "measuring failed"
}

measure_usual() {
    start_server "$work/pg"
    fill_database usual "$users"
    load=$(cut -d ' ' -f 1 /proc/loadavg)
    postgresql=$(run_sql -At -c "SHOW server_version")
    begin_trees usual $((8 + users * (runs + 1) * 4 / 100000))
    measure usual
    if [[ $trigger_cost == yes ]]; then
        say "measuring the cost of the triggers"
        ROWS=$users RUNS=$runs run_child "$bench/trigger_cost.sh" >"$work/trigger_cost" || fail "trigger_cost.sh failed"
    fi
    end_server
    end_trees
}

measure_large() {
    local free_kb
    free_kb=$(df --output=avail "$parent" | tail -n 1)
    ((free_kb > large_users * LARGE_KB_PER_USER)) ||
        fail "$parent has $((free_kb >> 20)) GB left, this needs $((large_users * LARGE_KB_PER_USER >> 20))"
    if [[ -n $data ]]; then
        resume_server "$data"
    else
        start_server "${keep_data:-$work/large_pg}"
        fill_database large "$large_users"
    fi
    begin_trees large $((8 + large_users / 50000))
    measure large
    end_server
    end_trees
}

report() {
    local -a options=()
    if [[ -e $work/large.json ]]; then
        options+=(--large "$work/large.json")
    fi
    if [[ -e $work/trigger_cost ]]; then
        options+=(--trigger-cost "$work/trigger_cost")
    fi
    /usr/bin/python3 -sEB "$bench/report.py" "${options[@]}" \
        "$format" "$results" "$work/machine.json" "$work/usual.json"
}

main() {
    parse_options "$@"
    forget_environment
    if [[ $install == yes ]]; then
        "$repo/tests/support/install_packages.sh" test >&2
    fi
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    work=$(mktemp -d "$parent/exportd-bench.XXXXXX")
    chmod 755 "$work"
    build
    measure_usual
    if ((large_users > 0)); then
        measure_large
    fi
    describe_machine
    report
}

main "$@"
