#!/bin/bash
#
# A unit file as it is installed: systemd accepts every line of it, and rates its exposure. A template is looked at as the
# instance x.
#
#   unit_file_test.sh UNIT PROGRAM
#
# Needs systemd-analyze, but no running systemd; else exits 77 (skipped).

set -euo pipefail

readonly unit=$1 program=$2
# In tenths: 1.5 of 10, where Debian's own services have 1.2 (redis) to 9.6 (nginx).
readonly worst_exposure=15

if ! command -v systemd-analyze >/dev/null; then
    echo "skipped: no systemd-analyze"
    exit 77
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The program is looked for, and may not be installed here.
installed=$(sed -n 's|^ExecStart=\([^ ]*\) .*|\1|p' "$unit")
name=${unit##*/} name=${name/@./@x.}
sed -E "s#^(ExecStart|ExecReload)=$installed#\\1=$program#" "$unit" >"$scratch/$name"

# What systemd does not know it only warns of.
complaints=$(systemd-analyze verify --man=no "$scratch/$name" 2>&1) || {
    printf 'failed: not a valid unit:\n%s\n' "$complaints"
    exit 1
}
if grep -F "$name" <<<"$complaints"; then
    echo "failed: systemd complains of this unit"
    exit 1
fi

rating=$(systemd-analyze security --offline=true --threshold="$worst_exposure" --no-pager "$scratch/$name" 2>&1) || {
    printf 'failed: too much exposure:\n%s\n' "$rating"
    exit 1
}
tail -n 1 <<<"$rating"
echo "passed"
