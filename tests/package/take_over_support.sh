# What take_over_test.sh is made of: a warehouse, a tree and a repository as the export script leaves them, the script and its
# push script as far as they matter here, and README's commands. Sourced by it, not run. Sets $daemon; uses $program, $root,
# $scratch, $clone, $tree, $config.
# shellcheck shell=bash disable=SC2154

daemon=""

fail() {
    printf 'not ok - %s\n' "$1"
    tail -n 5 "$scratch/exportd.log" "$scratch/push.log" 2>/dev/null || true
    exit 1
}

# same WHAT EXPECTED GOT
same() {
    [[ $2 == "$3" ]] || fail "$1: expected \"$2\", got \"$3\""
    printf 'ok - %s\n' "$1"
}

# says WHAT FILE TEXT
says() {
    grep -qF -- "$3" "$2" || fail "$1: \"$3\" is not in $2: $(head -c 2000 "$2")"
    printf 'ok - %s\n' "$1"
}

# eventually WHAT COMMAND...
eventually() {
    local what=$1 deadline=$((SECONDS + 60))
    shift
    until "$@" 2>/dev/null; do
        ((SECONDS < deadline)) || fail "$what: not within a minute"
        read -rt 0.1 <> <(:) || true
    done
    printf 'ok - %s\n' "$what"
}

stop_daemon() {
    [[ -n $daemon ]] || return 0
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
    daemon=""
}

clean_up() {
    stop_daemon
    dropdb --if-exists --force notes_dwh || true
    rm -rf "$scratch"
}

sql() {
    local args=() statement
    for statement in "$@"; do
        args+=(-c "$statement")
    done
    psql -qXAt -v ON_ERROR_STOP=1 -d notes_dwh "${args[@]}"
}

# --- The warehouse and the clone --------------------------------------------------------------------------------------

make_warehouse() {
    createdb notes_dwh
    psql -qX -v ON_ERROR_STOP=1 -d notes_dwh -f "$root/tests/support/datamart.sql" -v users=30 -v countries=6 \
        -f "$root/tests/support/generate.sql" >"$scratch/sql.log" 2>&1
    sql "UPDATE dwh.datamartusers SET json_exported = FALSE" "UPDATE dwh.datamartcountries SET json_exported = FALSE" \
        "UPDATE dwh.dimension_users SET modified = FALSE" "UPDATE dwh.dimension_countries SET modified = FALSE" \
        "UPDATE dwh.datamartusers SET history_whole_open = 5, history_whole_closed = 5 WHERE user_id IN
             (SELECT user_id FROM dwh.datamartusers WHERE user_id >= 1 ORDER BY user_id LIMIT 3)" \
        "UPDATE dwh.datamartcountries SET history_whole_open = 5, history_whole_closed = 5 WHERE country_id IN
             (SELECT country_id FROM dwh.datamartcountries ORDER BY country_id LIMIT 2)"
}

in_clone() { git -C "$clone" "$@"; }

make_clone() {
    local file
    git config --global user.name somebody
    git config --global user.email somebody@example.org
    git config --global init.defaultBranch main
    git config --global pull.rebase false
    git init -q --bare "$scratch/origin.git"
    git clone -q "$scratch/origin.git" "$clone" 2>/dev/null
    mkdir -p "$tree"/{countries,users,indexes,csv} "$clone/schemas"
    for file in README.md countries/README.md csv/notes.csv; do
        printf "somebody's %s\n" "$file" >"$tree/$file"
    done
    cp "$root"/conf/schemas/*.json "$clone/schemas"
    echo "schemas of somebody" >"$clone/schemas/README.md"
    write_push_script
}

# What the push script does after the export, which SKIP_DATAMART_JSON_EXPORT=true leaves out: with the clone in HOME.
write_push_script() {
    cat >"$scratch/push_script" <<EOF
#!/bin/bash
exec >>"$scratch/push.log" 2>&1
set -eux
[[ \${SKIP_DATAMART_JSON_EXPORT:-false} == true ]] || echo export >>"$scratch/exported_by_push_script"
cd "\$HOME/OSM-Notes-Data"
git pull --no-edit origin main || true
cp "$root"/conf/schemas/*.json schemas
git add -A data schemas
git diff --cached --quiet || { git commit -m "Auto-update: datamart JSON export"; git push origin main; }
echo "# Countries Data, new" >data/countries/README.md
git add data/countries/README.md
git diff --cached --quiet || { git commit -m "Update countries README"; git push origin main; }
EOF
    chmod +x "$scratch/push_script"
}

# --- The export script ------------------------------------------------------------------------------------------------

profile_path() { printf 'users/%x/%x/%x/%d.json' $(($1 / 256 % 16)) $(($1 / 16 % 16)) $(($1 % 16)) "$1"; }

script_finds() {
    sql "SELECT (SELECT count(*) FROM dwh.datamartusers WHERE json_exported = FALSE AND user_id >= 1) || ' ' ||
                (SELECT count(*) FROM dwh.datamartcountries WHERE json_exported = FALSE AND country_id >= 1)"
}

# Its queries and its marks: what is not exported yet, row by row; indexes, totals and metadata.json each time.
script_exports() {
    local id
    for id in $(sql "SELECT user_id FROM dwh.datamartusers WHERE json_exported = FALSE AND user_id >= 1"); do
        mkdir -p "$tree/$(dirname "$(profile_path "$id")")"
        sql "SELECT row_to_json(t) FROM (SELECT u.*, c.contributor_type_name, c.contributor_type_name_en
                 FROM dwh.datamartusers_export u LEFT JOIN dwh.contributor_types c
                   ON c.contributor_type_id = u.id_contributor_type WHERE u.user_id = $id LIMIT 1) t" \
            >"$tree/$(profile_path "$id")"
        sql "UPDATE dwh.datamartusers SET json_exported = TRUE WHERE user_id = $id"
    done
    for id in $(sql "SELECT country_id FROM dwh.datamartcountries WHERE json_exported = FALSE AND country_id >= 1"); do
        sql "SELECT row_to_json(t) FROM (SELECT * FROM dwh.datamartcountries WHERE country_id = $id) t" \
            >"$tree/countries/$id.json"
        sql "UPDATE dwh.datamartcountries SET json_exported = TRUE WHERE country_id = $id"
    done
    script_makes_indexes
    script_makes_totals
    script_makes_metadata
}

# Of these columns those that the table has, in this order.
columns_of() {
    sql "SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.n) FROM unnest(string_to_array('$2', ' ')) WITH ORDINALITY c (name, n)
          WHERE EXISTS (SELECT FROM information_schema.columns
                         WHERE table_schema = 'dwh' AND table_name = '$1' AND column_name = c.name)"
}

# Entries that tie come in no order of theirs; here in another one than ours.
script_makes_indexes() {
    sql "SELECT coalesce(json_agg(t), '[]') FROM (SELECT user_id, username, history_whole_open, history_whole_closed
             FROM dwh.datamartusers WHERE user_id >= 1
            ORDER BY history_whole_open DESC NULLS LAST, history_whole_closed DESC NULLS LAST, user_id DESC) t" \
        >"$tree/indexes/users.json"
    sql "SELECT coalesce(json_agg(t), '[]') FROM (SELECT $(columns_of datamartcountries "country_id country_name country_name_es \
country_name_en date_starting_creating_notes history_whole_open history_whole_closed history_whole_commented history_year_open \
history_year_closed history_year_commented avg_days_to_resolution resolution_rate notes_resolved_count notes_still_open_count \
notes_health_score new_vs_resolved_ratio notes_created_last_30_days notes_resolved_last_30_days")
             FROM dwh.datamartcountries WHERE country_id >= 1
            ORDER BY history_whole_open DESC NULLS LAST, history_whole_closed DESC NULLS LAST, country_id DESC) t" \
        >"$tree/indexes/countries.json"
}

script_makes_totals() {
    local columns
    sql "SELECT row_to_json(t) FROM (SELECT * FROM dwh.datamartglobal WHERE dimension_global_id = 1) t" >"$tree/global_stats.json"
    columns=$(columns_of datamartglobal "currently_open_count currently_closed_count history_whole_open history_whole_closed \
history_whole_reopened history_year_open history_year_closed history_year_reopened avg_days_to_resolution \
median_days_to_resolution avg_days_to_resolution_current_year median_days_to_resolution_current_year resolution_rate \
notes_created_last_30_days notes_resolved_last_30_days notes_backlog_size active_users_count")
    sql "SELECT row_to_json(t) FROM (SELECT $columns FROM dwh.datamartglobal WHERE dimension_global_id = 1) t" \
        >"$tree/global_stats_summary.json"
}

script_makes_metadata() {
    local hash
    hash=$(sql "SELECT string_agg(column_name || ':' || data_type || ':' || ordinal_position, '|' ORDER BY table_name, ordinal_position)
                  FROM information_schema.columns
                 WHERE table_schema = 'dwh' AND table_name IN ('datamartusers', 'datamartcountries')" | sha256sum | cut -d' ' -f1)
    cat >"$tree/metadata.json" <<EOF
{
  "export_date": "2026-05-01T12:00:00Z",
  "export_timestamp": 1777636800,
  "total_users": 30,
  "total_countries": 6,
  "version": "1.4.2",
  "schema_version": "1.0.0",
  "api_compat_min": "1.0.0",
  "data_schema_hash": "$hash"
}
EOF
}

# --- README's commands ------------------------------------------------------------------------------------------------

# readme_block TITLE: the first code block after the paragraph that begins with **TITLE
readme_block() {
    awk -v title="**$1" 'index($0, title) == 1 { found = 1 }
                         found && /^```/ { if (inside) exit; inside = 1; next }
                         inside { print }' "$root/README.md"
}

readme_commands() {
    readme_block "$1" | sed "s,^directory=.*,directory=$tree,"
}

# run_commands FILE: in this shell, so that systemctl's stand-in can end our child; the first that fails ends the test.
run_commands() {
    [[ $(wc -l <"$1") -ge 4 ]] || fail "README has no such commands: $(<"$1")"
    # shellcheck disable=SC1090 # a file of README's lines
    source "$1" >"$scratch/output" 2>&1 || fail "a command of README failed: $(<"$scratch/output")"
}

sudo() {
    [[ $1 != -u ]] || shift 2
    case $1 in
    osm-notes-exportd) exportd "${@:2}" ;;
    systemctl) systemctl_stand_in "${@:2}" ;;
    chown) command chown -R "$(id -un):" "${@: -1}" ;; # osm_notes_exporter and notes are not here
    psql) psql -qX -v ON_ERROR_STOP=1 "${@:2:2}" "${@:4:1}" "${5/#\/usr\/share\/osm-notes-exportd/$root}" "${@:6}" ;;
    *) "$@" ;;
    esac
}

systemctl_stand_in() {
    [[ "$*" == "disable --now osm-notes-exportd" ]] || fail "systemctl $*"
    stop_daemon
}

exportd() {
    if [[ $1 == setup ]]; then
        set_up "${@:2}"
    else
        RUNTIME_DIRECTORY=$scratch "$program" "$@" --config "$config"
    fi
}

# What setup does where systemd runs; package_test and booted_container_test have the real one.
set_up() {
    [[ "$*" == "--database notes_dwh --directory $tree" ]] || fail "setup $*"
    psql -qX -v ON_ERROR_STOP=1 -d notes_dwh -f "$root/sql/install.sql"
    printf '[database]\nconninfo = dbname=notes_dwh\n[output]\ndirectory = %s\n[export]\nschema_dir = %s\n' \
        "$tree" "$root/conf/schemas" >"$config"
    printf '[schedule]\ndebounce = 50ms\n' >>"$config"
    restart_daemon
}

first_export_is_done() { grep -q '"generation"' "$tree/metadata.json" && ! grep -q '"publishing"' "$tree/metadata.json"; }

restart_daemon() {
    stop_daemon
    RUNTIME_DIRECTORY=$scratch "$program" run --config "$config" >>"$scratch/exportd.log" 2>&1 &
    daemon=$!
    eventually "the service has exported" first_export_is_done
}

add_mirror() {
    printf '[mirror %s]\nkind = git\nurl = %s\nmin_interval = 0\n' "$1" "$2" >>"$config"
}

# --- Looking ----------------------------------------------------------------------------------------------------------

list_files() { (cd "$tree" && find . -path ./.exportd -prune -o -type f -printf '%P %i %T@\n' | sort); }

# touched_since LIST: paths whose file is another one now.
touched_since() { comm -13 <(printf '%s\n' "$1") <(list_files) | cut -d' ' -f1 | tr '\n' ' ' | sed 's/ $//'; }

sums_of_profiles() {
    (cd "$tree" && find users countries global_stats.json -name '*.json' -type f -exec sha256sum {} + | sort -k 2)
}

paths_of_commit() {
    git -C "$scratch/$1.git" diff-tree -r --no-commit-id --name-only main | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'
}

profile_has() { grep -qF -- "$2" "$tree/$(profile_path "$1")"; }
pushed_profile_has() { git -C "$scratch/origin.git" show "main:data/$(profile_path "$1")" | grep -qF -- "$2"; }
pushed_readme_is_new() { git -C "$scratch/origin.git" show main:data/countries/README.md | grep -q new; }
