#!/bin/bash
#
# The harness works from end to end, its JSON has every figure, and it keeps the sections that it did not measure.
# Judges no time.
#
#   short_form_test.sh BINARY

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly binary=${1:?binary}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The server may run as another user.
chmod 755 "$scratch"

cat >"$scratch/RESULTS.md" <<'END'
<!-- begin trigger-cost -->
measured earlier
<!-- end trigger-cost -->
<!-- begin usual -->
to be replaced
<!-- end usual -->
END
"$here/run.sh" --no-install --binary "$binary" --dir "$scratch" --results "$scratch/RESULTS.md" --json \
    --users 20 --countries 10 --runs 1 --notifications 5 --large-users 30 >"$scratch/bench.json"
/usr/bin/python3 -I "$here/short_form_check.py" "$scratch/bench.json" "$scratch/RESULTS.md"

left=$(find "$scratch" -mindepth 1 ! -name bench.json ! -name RESULTS.md)
if [[ -n $left ]]; then
    printf 'left behind: %s\n' "$left" >&2
    exit 1
fi
