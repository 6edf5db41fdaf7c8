#!/bin/bash
#
# The end of what each failed test said, from ctest's log: a record of a run that keeps only its end has it then.
#
#   failed_output.sh OUTPUT_OF_CTEST LAST_TEST_LOG

set -euo pipefail

readonly most_tests=5 most_bytes=2000

# "  12 - name (Failed)", or (Timeout), (SEGFAULT), (Not Run).
failed_tests() {
    sed -nE '/^The following tests FAILED:/,$ s/^[[:space:]]+[0-9]+ - (.*) \([^()]*\).*$/\1/p' "$1"
}

failed_tests "$1" | grep -v ' (Skipped)$' | head -n "$most_tests" | while IFS= read -r name; do
    printf -- '--- %s\n' "$name"
    awk -v name="$name" '
        /^[0-9]+\/[0-9]+ Testing: / { inside = substr($0, index($0, ": ") + 2) == name; said = 0 }
        !inside { next }
        /^<end of output>/ { exit }
        said > 1 { print }
        said == 1 || /^Output:$/ { ++said } # a line of dashes comes first' "$2" | tail -c "$most_bytes"
done
