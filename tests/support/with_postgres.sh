#!/bin/bash
#
# Runs a command with a private PostgreSQL server of its own: PGHOST, PGUSER and PGDATABASE are set for it, and the
# programs of that version of PostgreSQL are the first in PATH.
#
#   with_postgres.sh DIR [--durable] -- COMMAND [ARG...]

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${1:?directory}
shift
options=()
while [[ ${1:?command} != -- ]]; do
    options+=("$1")
    shift
done
shift

"$here/private_postgres.sh" stop "$dir"
trap '"$here/private_postgres.sh" stop "$dir"' EXIT
settings=$("$here/private_postgres.sh" start "$dir" "${options[@]}")
eval "export $settings PGDATABASE=postgres"
PATH=$("$here/private_postgres.sh" programs):$PATH
"$@"
