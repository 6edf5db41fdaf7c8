# Helpers of the tests of sql/install.sql; sourced by them, not run. They set $root, $databases and $roles before: what is made
# and dropped again. The environment names a superuser of an empty scratch server (tests/support/private_postgres.sh starts
# one); the role osm_notes_exporter must not exist.
# shellcheck shell=bash disable=SC2154

# What install.sql says at its end.
# shellcheck disable=SC2034
readonly installed="version $(sed -n 's/^\\set install_version //p' "$root/sql/install.sql") is installed"

readonly admin_db=${PGDATABASE:-postgres}

export PGTZ=UTC PGCLIENTENCODING=UTF8 LC_ALL=C.UTF-8
unset PGOPTIONS

passed=0
failed=0

# ok NAME EXPECTED GOT
ok() {
    local number=$((passed + failed + 1))
    if [[ $2 == "$3" ]]; then
        passed=$((passed + 1))
        printf 'ok %d - %s\n' "$number" "$1"
    else
        failed=$((failed + 1))
        printf 'not ok %d - %s\n' "$number" "$1"
        printf '#   expected: %s\n#   got:      %s\n' "${2//$'\n'/ | }" "${3//$'\n'/ | }"
    fi
}

# contains NAME PART TEXT
contains() {
    if [[ $3 == *"$2"* ]]; then
        ok "$1" "$2" "$2"
    else
        ok "$1" "text with: $2" "$3"
    fi
}

# Statements in one session, each in its own transaction; the rows, or the error, are the answer.
q() {
    local args=() statement
    for statement in "$@"; do
        args+=(-c "$statement")
    done
    psql -qXAt -v ON_ERROR_STOP=1 -v VERBOSITY=terse "${args[@]}" 2>&1
}

# As another role. The session stays a superuser's, so no server needs to know passwords.
as() {
    local role=$1
    shift
    PGOPTIONS="-c role=$role" q "$@"
}

# Statements that only prepare something.
setup() {
    local answer
    answer=$(q "$@") || bail_out "a preparation failed: $answer"
}

install() {
    psql -qX "$@" -f "${INSTALL:-$root/sql/install.sql}" 2>&1
}

uninstall() {
    psql -qX "$@" -f "${UNINSTALL:-$root/sql/uninstall.sql}" 2>&1
}

cleanup() {
    local name
    end_sessions
    for name in "${databases[@]}"; do
        PGDATABASE=$admin_db q "DROP DATABASE IF EXISTS $name WITH (FORCE)" >/dev/null
    done
    for name in "${roles[@]}" osm_notes_exporter; do
        PGDATABASE=$admin_db q "DROP ROLE IF EXISTS $name" >/dev/null
    done
    rm -rf "$scratch"
}

bail_out() {
    printf 'Bail out! %s\n' "$1"
    exit 1
}

# Everything exported, nothing logged, nothing asked for: where each check starts from.
clean_slate() {
    setup "UPDATE dwh.datamartusers SET json_exported = true" \
        "UPDATE dwh.datamartcountries SET json_exported = true" \
        "UPDATE dwh.dimension_users SET modified = false" \
        "UPDATE dwh.dimension_countries SET modified = false" \
        "DELETE FROM dwh.json_export_log"
}

# What waits, by flag or by log: rows as their keys, countries with a c before.
readonly WAITING="SELECT coalesce(string_agg(DISTINCT key, ' ' ORDER BY key), 'none')
          FROM (SELECT dimension_user_id::text AS key FROM dwh.datamartusers WHERE json_exported IS NOT TRUE
                 UNION ALL
                SELECT 'c' || dimension_country_id FROM dwh.datamartcountries WHERE json_exported IS NOT TRUE
                 UNION ALL
                SELECT CASE dataset WHEN 'users' THEN '' ELSE 'c' END || key FROM dwh.json_export_log WHERE key IS NOT NULL) AS p"

# after STATEMENT...: what waits afterwards.
after() {
    clean_slate
    q "$@" "$WAITING"
}

# removals STATEMENT...: the published ids that are logged afterwards.
removals() {
    clean_slate
    q "$@" "SELECT coalesce(string_agg(dataset || ':' || coalesce(entity_id::text, 'all'), ' ' ORDER BY dataset, entity_id),
                            'none') FROM dwh.json_export_log WHERE dataset IS NOT NULL AND key IS NULL"
}

readonly FULL="SELECT coalesce(string_agg(DISTINCT reason, ', ' ORDER BY reason), 'no') FROM dwh.json_export_log WHERE dataset IS NULL"

# full_requested STATEMENT...: why a full export is wanted afterwards, or "no".
full_requested() {
    clean_slate
    q "$@" "$FULL" | tail -n 1
}

# Objects with our prefix, and request_json_export, in schema $1.
ours() {
    q "SELECT count(*) FROM (
            SELECT relname FROM pg_class WHERE relnamespace = '$1'::regnamespace AND relname LIKE 'json\_export\_%'
            UNION ALL
            SELECT proname FROM pg_proc WHERE pronamespace = '$1'::regnamespace
                                          AND (proname LIKE 'json\_export\_%' OR proname = 'request_json_export')
            UNION ALL
            SELECT tgname FROM pg_trigger WHERE tgname LIKE 'json\_export\_%') AS o"
}

# Definitions of everything that install.sql makes: equal before and after means that a run changed nothing.
fingerprint() {
    q "SELECT md5(string_agg(definition, ';' ORDER BY definition)) FROM (
            SELECT pg_get_triggerdef(oid) || tgenabled::text AS definition FROM pg_trigger WHERE tgname LIKE 'json\_%'
            UNION ALL
            SELECT pg_get_functiondef(oid) || coalesce(proacl::text, '') || proowner FROM pg_proc
             WHERE proname LIKE 'json\_export\_%' OR proname = 'request_json_export'
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'dwh'
            UNION ALL
            SELECT relname || relkind::text || coalesce(relacl::text, '') || relowner || relnatts FROM pg_class
             WHERE relnamespace = 'dwh'::regnamespace
            UNION ALL
            SELECT attrelid::regclass || attname || coalesce(attacl::text, '') FROM pg_attribute
             WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'dwh'::regnamespace)
            UNION ALL SELECT d.defaclacl::text || d.defaclrole FROM pg_default_acl d
            UNION ALL SELECT s::text FROM dwh.json_export_state s) AS d"
}

fill() {
    setup "INSERT INTO dwh.contributor_types (contributor_type_name) VALUES ('Normal'), ('Epic')" \
        "INSERT INTO dwh.dimension_experience_levels VALUES (1, 'newcomer'), (2, 'expert')" \
        "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current, experience_level_id)
         SELECT n, 100 + n, 'user' || n, false, true, 1 FROM generate_series(1, 6) n" \
        "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current, experience_level_id)
         VALUES (7, 106, 'old name', false, false, 1), (8, 0, 'zero', false, true, 1), (9, -1, 'minus', false, true, 1)" \
        "INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, hashtags, history_whole_open, history_whole_closed)
         SELECT dimension_user_id, user_id, username, '[{\"rank\" : 1}]', dimension_user_id, 0 FROM dwh.dimension_users" \
        "INSERT INTO dwh.datamartusers (dimension_user_id, user_id) VALUES (10, NULL)" \
        "INSERT INTO dwh.dimension_countries (dimension_country_id, country_id, country_name, modified)
         SELECT n, 1000 + n, 'country' || n, false FROM generate_series(1, 3) n" \
        "INSERT INTO dwh.datamartcountries (dimension_country_id, country_id, country_name, hashtags)
         SELECT dimension_country_id, country_id, country_name, '[1]' FROM dwh.dimension_countries" \
        "INSERT INTO dwh.datamartglobal (dimension_global_id) VALUES (1)"
}

# Sessions that stay open, by name: say NAME STATEMENT... goes on at once, heard NAME waits until all was done and prints
# what came back since the last time. A session that is not done after 20 s ends the test.
declare -A session_fd session_pid session_said

say() {
    local name=$1 fd statement
    shift
    if [[ -z ${session_fd[$name]:-} ]]; then
        mkfifo "$scratch/$name.in"
        psql -qXAt -v VERBOSITY=terse <"$scratch/$name.in" >"$scratch/$name.out" 2>&1 &
        session_pid[$name]=$!
        exec {fd}>"$scratch/$name.in"
        session_fd[$name]=$fd
        session_said[$name]=0
        echo 0 >"$scratch/$name.heard"
    fi
    for statement in "$@"; do
        printf '%s;\n' "$statement" >&"${session_fd[$name]}"
    done
    session_said[$name]=$((session_said[$name] + 1))
    printf '\\echo done %d\n' "${session_said[$name]}" >&"${session_fd[$name]}"
}

# is_done NAME SECONDS
is_done() {
    local tries
    for ((tries = 0; tries < $2 * 50; tries++)); do
        grep -qx "done ${session_said[$1]}" "$scratch/$1.out" && return
        sleep 0.02
    done
    return 1
}

heard() {
    is_done "$1" 20 || bail_out "session $1 waits: $(cat "$scratch/$1.out")"
    tail -n +"$(($(cat "$scratch/$1.heard") + 1))" "$scratch/$1.out" | grep -vx 'done [0-9]*'
    wc -l <"$scratch/$1.out" >"$scratch/$1.heard"
}

end_sessions() {
    local name fd
    for name in "${!session_fd[@]}"; do
        fd=${session_fd[$name]}
        exec {fd}>&-
        wait "${session_pid[$name]}"
        rm -f "$scratch/$name.in" "$scratch/$name.out"
    done
    session_fd=()
}

# hold STATEMENT...: another session that keeps its transaction open; release ends it with ROLLBACK.
hold() {
    say holder BEGIN "$@"
    heard holder >"$scratch/held"
    ! grep -q ERROR "$scratch/held" || bail_out "the second session failed: $(cat "$scratch/held")"
}

release() {
    say holder ROLLBACK
    heard holder >/dev/null
    end_sessions
}

# run_checks EXPECTED FUNCTION...: prints TAP; fails when a check fails or did not run.
run_checks() {
    local expected=$1 name
    shift
    export PGDATABASE=$admin_db
    [[ $(q "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == t ]] ||
        bail_out "no superuser's connection in PGHOST, PGUSER (tests/support/private_postgres.sh starts a server)"
    [[ $(q "SELECT count(*) FROM pg_roles WHERE rolname = 'osm_notes_exporter'") == 0 ]] ||
        bail_out "the role osm_notes_exporter exists; a scratch server of its own is needed"
    scratch=$(mktemp -d)
    trap cleanup EXIT
    for name in "${roles[@]}"; do
        setup "CREATE ROLE $name"
    done
    for name in "${databases[@]}"; do
        setup "CREATE DATABASE $name"
    done
    for name in "$@"; do
        "$name"
    done
    printf '1..%d\n' "$expected"
    if ((passed + failed != expected)); then
        printf '# %d checks ran, %d expected\n' $((passed + failed)) "$expected"
        failed=$((failed + 1))
    fi
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}
