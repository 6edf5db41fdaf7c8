#!/bin/bash
#
# The example of README.md that has nothing to do with notes: exactly its lines are run.
#
#   PGHOST=DIR PGUSER=postgres tests/integration/any_table_test.sh OSM-NOTES-EXPORTD SCHEMA_DIR
#
# As install_sql_test.sh.

set -uo pipefail

readonly EXPECTED_CHECKS=10

readonly program=$1 schemas=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly db=any_table_$$
readonly databases=("$db")
readonly roles=()

# shellcheck source=tests/integration/install_sql_support.sh
source "$root/tests/integration/install_sql_support.sh"

check_example() {
    local lines said
    export PGDATABASE=$db
    unset DBNAME_DWH JSON_OUTPUT_DIR JSON_EXPORT_BATCH_SIZE LOG_LEVEL
    lines=$(sed -n '/^<!-- run by any_table_test.sh -->$/,/^```$/p' "$root/README.md" | sed '1,2d;$d')
    ok "it is ten lines at most" 1 "$(($(wc -l <<<"$lines") <= 10))"
    mkdir "$scratch/bin" "$scratch/shop"
    ln -s "$program" "$scratch/bin/osm-notes-exportd"
    said=$(cd "$scratch/shop" && PATH=$scratch/bin:$PATH SQL=$root/sql SCHEMA_DIR=$schemas bash -euc "$lines" 2>&1)
    ok "all of them succeed" 0 "$?"
    contains "install.sql needs no datamart" " is installed in schema public" "$said"
    contains "the export is complete" "products: 2 exported" "$said"
    contains "a row is a file" '{"product_id":1,"name":"Bolt","price":0.10}' "$said"
    contains "the index has id and name" $'[{"product_id":1,"name":"Bolt"}, \n {"product_id":2,"name":"Nut"}]' "$said"
    q "UPDATE product SET price = 0.2 WHERE product_id = 1" "DELETE FROM product WHERE product_id = 2" >/dev/null
    said=$(cd "$scratch/shop" && SCHEMA_DIR=$schemas "$program" once --config shop.conf 2>&1)
    contains "a change is all that is exported" "products: 1 exported, 0 unchanged, 1 removed" "$said"
    contains "to its file" '"price":0.2}' "$(cat "$scratch/shop/api/products/1.json")"
    ok "and a removal" "1.json" "$(ls "$scratch/shop/api/products")"
    contains "verify finds no difference" "clean: " "$(cd "$scratch/shop" && SCHEMA_DIR=$schemas "$program" verify --config shop.conf 2>&1)"
}

run_checks "$EXPECTED_CHECKS" check_example
