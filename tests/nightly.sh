#!/bin/bash
#
# What takes too long for every change: every system call of the crash loops, under sanitizers; hours at random.

set -euo pipefail

readonly STEPS=(as_shipped thread_sanitizer crash_loops clang tidy soak model fuzz)
readonly USAGE="usage: tests/nightly.sh [--hours N] [--model-minutes M] [--fuzz-minutes M] [--no-install] [STEP...]

  --hours N           the soak, in hours (default: 4)
  --model-minutes M   the model checker (default: 60)
  --fuzz-minutes M    each fuzz target (default: 20)
  --no-install        do not install missing packages
  --help              this text
  STEP                only these: ${STEPS[*]}

The tests of integration as they are shipped; ThreadSanitizer over the tests of units, integration and daemon; all crash
and fault loops in full under
AddressSanitizer; everything built by clang, and clang-tidy over all files; soak; model checker; fuzzing. One that fails
does not keep the others from running.
Exits 0 when all passed, 1 when one failed, 64 for a wrong option. The logs are in build/nightly."

usage_error() {
    printf 'nightly.sh: %s\n%s\n' "$1" "$USAGE" >&2
    exit 64
}

hours=4
model_minutes=60
fuzz_minutes=20
install=yes
steps=()

parse_options() {
    while (($# > 0)); do
        case $1 in
        --hours | --model-minutes | --fuzz-minutes)
            [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage_error "$1 needs a number from 1 up"
            case $1 in
            --hours) hours=$2 ;;
            --model-minutes) model_minutes=$2 ;;
            --fuzz-minutes) fuzz_minutes=$2 ;;
            esac
            shift 2
            ;;
        --no-install)
            install=no
            shift
            ;;
        --help)
            printf '%s\n' "$USAGE"
            exit 0
            ;;
        -*) usage_error "unknown option $1" ;;
        *)
            [[ " ${STEPS[*]} " == *" $1 "* ]] || usage_error "unknown step $1"
            steps+=("$1")
            shift
            ;;
        esac
    done
    ((${#steps[@]} > 0)) || steps=("${STEPS[@]}")
}

# Built by GCC and optimised: .ci/run has these tests built by clang, with sanitizers.
as_shipped() {
    tests/run.sh --no-install --suite integration_tests
}

thread_sanitizer() {
    tests/run.sh --no-install --preset tsan --suite unit_tests --suite integration_tests --suite daemon_tests
}

crash_loops() {
    EXPORTD_THOROUGH=1 tests/run.sh --no-install --preset asan --suite crash_tests
}

# Without precompiled headers, as each file is to include what it needs; all of it, other than .ci/run.
configure_clang() {
    cmake --preset clang -D CMAKE_DISABLE_PRECOMPILE_HEADERS=ON
}

clang() {
    configure_clang &&
        cmake --build --preset clang --parallel "$(nproc)" -- -k 0
}

tidy() {
    configure_clang && git ls-files 'lib/*.cpp' 'daemon/*.cpp' |
        xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/clang --quiet --warnings-as-errors='*'
}

soak() {
    build_dev soak && build/dev/tests/soak --minutes "$((60 * hours))"
}

model() {
    build_dev model && build/dev/tests/model --minutes "$model_minutes" --go-on yes
}

fuzz() {
    cmake --preset fuzz && cmake --build --preset fuzz --parallel "$(nproc)" --target fuzz_targets &&
        tests/fuzz/run.sh --seconds "$((60 * fuzz_minutes))"
}

build_dev() {
    cmake --preset dev && cmake --build --preset dev --parallel "$(nproc)" --target "$1"
}

summary=()
failed=0

# step NAME: runs the function of that name, and goes on.
step() {
    local name=$1 begin=$SECONDS verdict=passed
    printf 'nightly: %s ...\n' "$name"
    if ! ("$name") >"$logs/$name.log" 2>&1; then
        verdict=FAILED
        failed=1
        tail -n 40 "$logs/$name.log"
    fi
    summary+=("$(printf '%-18s %s, %d min' "$name" "$verdict" "$(((SECONDS - begin + 30) / 60))")")
}

main() {
    parse_options "$@"
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    if [[ $install == yes ]]; then
        tests/support/install_packages.sh ci
    fi
    logs=build/nightly
    mkdir -p "$logs"
    local name
    for name in "${steps[@]}"; do
        step "$name"
    done
    printf '\n'
    printf '%s\n' "${summary[@]}"
    exit "$failed"
}

main "$@"
