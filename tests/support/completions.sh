#!/bin/bash
#
# What a shell offers at the end of a command line for osm-notes-exportd, a line each; with a description behind a tab where
# the shell has one.
#
#   completions.sh bash|zsh|fish DIRECTORY LINE
#
# COMPLETION_DUMP, if set, is a file that keeps what zsh knows from one call to the next.
# DIRECTORY has the files of daemon/completion. Exits 77 when this shell is not installed.

set -euo pipefail

readonly shell=$1 directory=$2 line=$3

command -v "$shell" >/dev/null || exit 77

case $shell in
bash)
    exec env -i PATH="$PATH" bash --norc -c '. "$1/osm-notes-exportd.bash"
        COMP_LINE=$2 COMP_POINT=${#2}
        _osm_notes_exportd
        ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' bash "$directory" "$line"
    ;;
fish)
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    env -i PATH="$PATH" HOME="$scratch" TERM=dumb fish --no-config -c 'source $argv[1]/osm-notes-exportd.fish
        complete --do-complete $argv[2]' "$directory" "$line"
    ;;
zsh)
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    cp "$directory/osm-notes-exportd.zsh" "$scratch/_osm-notes-exportd"
    env -i PATH="$PATH" HOME="$scratch" TERM=dumb COMPLETION_DIRECTORY="$scratch" COMPLETION_LINE="$line" \
        COMPLETION_DUMP="${COMPLETION_DUMP:-$scratch/dump}" \
        zsh -f "$(dirname "${BASH_SOURCE[0]}")/completions.zsh"
    ;;
*)
    echo "completions.sh: which shell?" >&2
    exit 64
    ;;
esac
