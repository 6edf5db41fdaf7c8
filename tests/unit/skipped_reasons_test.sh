#!/bin/bash
#
# What run.sh says at its end of tests that were skipped: a real ctest runs some, and their reasons come out.
#
#   skipped_reasons_test.sh CMAKE CTEST

set -euo pipefail

cmake=$1 ctest=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.22)
project(some LANGUAGES NONE)
enable_testing()
add_test(NAME "by status" COMMAND sh -c "echo before; echo 'skipped: no nginx: (none)'; echo after; exit 77")
add_test(NAME passes COMMAND sh -c "echo 'skipped: not at all'")
add_test(NAME "by words" COMMAND sh -c "echo '  skipped: no mounts'; echo 'skipped: said twice'")
add_test(NAME silent COMMAND sh -c "exit 77")
set_tests_properties("by status" silent PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties("by words" PROPERTIES SKIP_REGULAR_EXPRESSION "skipped:")
END
"$cmake" -S "$scratch" -B "$scratch/build" >/dev/null
"$ctest" --test-dir "$scratch/build" >"$scratch/output" 2>&1 || true
got=$("$here/../support/skipped_reasons.sh" "$scratch/output" "$scratch/build/Testing/Temporary/LastTest.log")
expected='  by status: no nginx: (none)
  by words: no mounts
  silent: no reason given'
[[ $got == "$expected" ]] || {
    printf 'failed: expected\n%s\ngot\n%s\n' "$expected" "$got"
    exit 1
}
echo "passed"
