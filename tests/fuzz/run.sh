#!/bin/bash
#
# Runs the fuzz targets of build/fuzz on their corpus. What they find stays in build/fuzz/findings.

set -euo pipefail

readonly USAGE="usage: tests/fuzz/run.sh [--seconds N] [--jobs N] [NAME...]

  --seconds N   for each target (default: 60)
  --jobs N      so many targets at once (default: one for each processor)
  NAME          only these targets, such as index_merge
  --help        this text

Build them first: cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_targets
Exits 0 when nothing was found, 1 when something was, 64 for a wrong option."

usage_error() {
    printf 'tests/fuzz/run.sh: %s\n%s\n' "$1" "$USAGE" >&2
    exit 64
}

seconds=60
jobs=$(nproc)
targets=()

parse_options() {
    while (($# > 0)); do
        case $1 in
        --seconds | --jobs)
            [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage_error "$1 needs a number"
            case $1 in
            --seconds) seconds=$2 ;;
            --jobs) jobs=$2 ;;
            esac
            shift 2
            ;;
        --help)
            printf '%s\n' "$USAGE"
            exit 0
            ;;
        -*) usage_error "unknown option $1" ;;
        *)
            [[ -d $corpus/$1 ]] || usage_error "there is no target $1"
            targets+=("$1")
            shift
            ;;
        esac
    done
}

# run_target NAME: one line, and the log when something was found. New inputs go to the build directory.
run_target() {
    local name=$1 begin=$SECONDS
    local program=$build/tests/fuzz/fuzz_$name log=$build/findings/$name.log
    mkdir -p "$build/corpus/$name"
    if "$program" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=4096 -max_len=16384 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$name-" "$build/corpus/$name" "$corpus/$name" >"$log" 2>&1; then
        printf '%-16s %9s runs, %s s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
            "$((SECONDS - begin))"
        return
    fi
    printf '%-16s FAILED\n' "$name"
    tail -n 60 "$log"
    return 1
}

main() {
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    corpus=$here/corpus
    build=$here/../../build/fuzz
    parse_options "$@"
    if ((${#targets[@]} == 0)); then
        targets=("$corpus"/*/)
        targets=("${targets[@]%/}")
        targets=("${targets[@]##*/}")
    fi
    mkdir -p "$build/findings"
    # Trees of a few files for each input: in memory where that can be.
    if [[ -d /dev/shm ]]; then
        export TMPDIR=/dev/shm
    fi
    export -f run_target
    export build corpus seconds
    printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'run_target {}' || exit 1
}

main "$@"
