#!/bin/bash
#
# Builds everything and runs all tests: one command, nothing to prepare. The last line says "N passed, N failed".

set -euo pipefail

readonly USAGE="usage: tests/run.sh [--preset NAME] [--suite NAME]... [--without NAME]... [--filter REGEX]
                    [--no-install]

  --preset NAME    which build to test (default: dev); it lives in build/NAME
  --suite NAME     build and run only this test program, such as integration_tests; may be repeated
  --without NAME   build everything, and do not run this test program; may be repeated
  --filter REGEX   only tests whose name matches, as in ctest -R
  --no-install     do not install missing packages
  --help           this text

Exits 0 when at least one test ran and all passed."

fail() {
    printf 'run.sh: %s\n' "$1" >&2
    exit 1
}

usage_error() {
    printf 'run.sh: %s\n%s\n' "$1" "$USAGE" >&2
    exit 64
}

preset=dev
suites=()
without=()
filter=""
install=yes

parse_options() {
    while (($# > 0)); do
        case $1 in
        --preset | --suite | --without | --filter)
            (($# > 1)) || usage_error "$1 needs a value"
            case $1 in
            --preset) preset=$2 ;;
            --suite) suites+=("$2") ;;
            --without) without+=("$2") ;;
            --filter) filter=$2 ;;
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
        *) usage_error "unknown option $1" ;;
        esac
    done
}

build() {
    cmake --preset "$preset" || fail "configuring failed"
    local -a arguments=(--preset "$preset" --parallel "$(nproc)")
    if ((${#suites[@]} > 0)); then
        arguments+=(--target "${suites[@]}")
    fi
    cmake --build "${arguments[@]}" || fail "the build failed"
}

# Runs the tests and leaves what ctest said in the file, for the count. Many of them wait most of their time.
run_tests() {
    local output=$1
    local -a arguments=(--preset "$preset" --parallel "$((2 * $(nproc)))" --output-on-failure)
    if [[ -n $filter ]]; then
        arguments+=(--tests-regex "$filter")
    fi
    local IFS='|'
    if ((${#suites[@]} > 0)); then
        arguments+=(--label-regex "(^|:)(${suites[*]})\$")
    fi
    if ((${#without[@]} > 0)); then
        arguments+=(--label-exclude "(^|:)(${without[*]})\$")
    fi
    ctest "${arguments[@]}" 2>&1 | tee "$output"
}

# From "90% tests passed, 1 tests failed out of 10". ctest calls skipped tests passed; here they are neither.
count() {
    local output=$1 failed=0 total=0 skipped
    local summary='tests passed, ([0-9]+) tests? failed out of ([0-9]+)'
    if [[ $(<"$output") =~ $summary ]]; then
        failed=${BASH_REMATCH[1]}
        total=${BASH_REMATCH[2]}
    fi
    skipped=$(grep -cE '^[[:space:]]+[0-9]+ - .* \(Skipped\)' "$output" || true)
    if ((skipped > 0)); then
        echo "$skipped skipped:"
        tests/support/skipped_reasons.sh "$output" "build/$preset/Testing/Temporary/LastTest.log" || true
    fi
    echo "$((total - failed - skipped)) passed, $failed failed"
    ((failed == 0 && total > skipped))
}

main() {
    parse_options "$@"
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    if [[ $install == yes ]]; then
        tests/support/install_packages.sh test
    fi
    # The summary is read by a machine.
    unset CLICOLOR_FORCE
    build

    local output="build/$preset/tests.log" status=0
    run_tests "$output" || status=$?
    count "$output" || status=1
    exit "$status"
}

main "$@"
