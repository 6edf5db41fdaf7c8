#!/bin/bash
#
# The manual pages are rendered to their end and without a warning by mandoc, and by groff, which man(1) uses.
#
#   manual_pages_test.sh PAGE...

set -euo pipefail

for tool in mandoc groff; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: no $tool"
        exit 77
    fi
done

failures=0
for page in "$@"; do
    complaints=$(mandoc -T lint -W warning "$page" 2>&1) || true
    complaints+=$(groff -mandoc -Tutf8 -ww -z "$page" 2>&1) || true
    if [[ -n $complaints ]]; then
        printf '%s:\n%s\n' "$page" "$complaints"
        failures=$((failures + 1))
    fi
    for renderer in "mandoc -T utf8" "groff -mandoc -Tutf8"; do
        # Overstruck letters become plain ones.
        # shellcheck disable=SC2086 # a command and its options
        rendered=$(GROFF_NO_SGR=1 $renderer "$page" | sed "s/.\x08//g")
        if [[ $rendered != *$'\nSEE ALSO\n'* ]]; then
            printf '%s: not rendered to its end\n' "$page"
            failures=$((failures + 1))
        fi
    done
done
((failures == 0)) || exit 1
echo "passed"
