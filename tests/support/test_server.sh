#!/bin/bash
#
# The PostgreSQL server that all database tests of one build directory share, with its template databases:
#   plain      the datamart tables, empty
#   installed  the same with sql/install.sql
#   small      installed, with 30 users and 6 countries
#
#   test_server.sh start DIR | stop DIR

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly action=${1:?start or stop} dir=${2:?directory}

make_template() {
    createdb --template="$2" "$1"
    shift 2
    psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --dbname="$1" "${@:2}" >/dev/null
}

case $action in
start)
    # What a killed run left behind.
    "$here/private_postgres.sh" stop "$dir"
    settings=$("$here/private_postgres.sh" start "$dir")
    eval "export $settings"
    PATH=$("$here/private_postgres.sh" programs):$PATH
    make_template plain template0 plain -f "$here/datamart.sql"
    make_template installed plain installed -f "$here/../../sql/install.sql"
    make_template small installed small -v users=30 -v countries=6 -f "$here/generate.sql" \
        -c "DELETE FROM dwh.json_export_log"
    # For the tests that break a server: each begins with a copy of this one.
    "$here/private_postgres.sh" keep "$dir"
    ;;
stop)
    "$here/private_postgres.sh" stop "$dir"
    ;;
*)
    echo "usage: test_server.sh start|stop DIR" >&2
    exit 64
    ;;
esac
