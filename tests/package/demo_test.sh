#!/bin/bash
#
# daemon/demo.sh keeps its promises: the tree, the change list, the git mirror; and it leaves nothing behind.
#
#   demo_test.sh PROGRAM

set -uo pipefail

program=${1:?program}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
readonly said=$scratch/said

fail() {
    printf 'failed: %s\n' "$1"
    cat "$said"
    exit 1
}

mkdir -m 700 "$scratch/home" # where nobody else may look
run_demo() { HOME=$scratch/home TMPDIR=$scratch EXPORTD_BINARY=$program "$root/daemon/demo.sh" "$@" >"$said" 2>&1; }

run_demo --once --users 300 --countries 5 || fail "demo.sh --once ended with $?"
! grep -q FAILED "$said" || fail "a promise was not kept"
! grep -q '^warning: ' "$said" || fail "it warns of something"
for text in "305 profiles" "50 of the 50 users have a new file" "osm-notes-exportd changes" \
    "the newest commit has exactly the files that the change list names" \
    "what is in the repository is the tree, byte for byte" "Mirror     demo: current, generation 2" \
    "the daemon ended with status 0"; do
    grep -qF -- "$text" "$said" || fail "it does not say: $text"
done
[[ -z $(find "$scratch" -mindepth 1 ! -path "$said" ! -path "$scratch/home") ]] || fail "it left something behind"

# As in a clone in root's home: what runs as another user is copied to where that one gets.
if ((EUID == 0)); then
    mkdir -m 700 "$scratch/closed"
    mkdir -p "$scratch/closed/daemon" "$scratch/closed/libexec"
    cp "$program" "$scratch/closed/daemon/"
    cp -r "${program%/*}/../libexec/osm-notes-exportd" "$scratch/closed/libexec/"
    open_program=$program
    program=$scratch/closed/daemon/${program##*/}
    run_demo --once --users 100 --countries 3 || fail "demo.sh --once with a program in a closed directory ended with $?"
    ! grep -q FAILED "$said" || fail "a promise was not kept with a program in a closed directory"
    grep -qF "Mirror     demo: current, generation 2" "$said" || fail "no mirror with a program in a closed directory"
    program=$open_program
    rm -r "$scratch/closed"
fi

run_demo --no-such-option
[[ $? == 64 ]] || fail "an unknown option is no usage error"
echo "demo.sh keeps its promises"
