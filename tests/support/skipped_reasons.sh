#!/bin/bash
#
# Each test that ctest skipped, with the reason that the test itself gave ("skipped: ..."). ctest shows names only; its log has
# all that was said.
#
#   skipped_reasons.sh OUTPUT_OF_CTEST LAST_TEST_LOG

set -euo pipefail

sed -nE 's/^[[:space:]]+[0-9]+ - (.*) \(Skipped\)$/\1/p' "$1" | while IFS= read -r name; do
    reason=$(awk -v name="$name" '
        /^[0-9]+\/[0-9]+ Testing: / { inside = substr($0, index($0, ": ") + 2) == name }
        inside && /^Command: / { next } # has the words of the test, not its answer
        inside && /skipped: / { print substr($0, index($0, "skipped: ") + 9); exit }' "$2")
    printf '  %s: %s\n' "$name" "${reason:-no reason given}"
done
