# The part of demo.sh that plays an ETL and looks at what became of it; sourced by it, not run. Uses its words, $work, $binary,
# $CHANGES and $DEBOUNCE_MS.
# shellcheck shell=bash disable=SC2154

# As the real one: it notes who is affected, and then every user is a small transaction of its own.
change_users() {
    run_sql -v ids="$1" >"$work/etl.log" 2>&1 <<'EOF' || fail "the ETL failed" "$work/etl.log"
UPDATE dwh.dimension_users SET modified = true WHERE is_current AND user_id IN (:ids);
DO $$
DECLARE
    affected integer;
BEGIN
    FOR affected IN SELECT dimension_user_id FROM dwh.dimension_users WHERE modified LOOP
        UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1 WHERE dimension_user_id = affected;
        UPDATE dwh.datamartusers SET history_year_open = history_year_open + 1 WHERE dimension_user_id = affected;
        UPDATE dwh.datamartusers SET days_since_last_action = 0 WHERE dimension_user_id = affected;
        UPDATE dwh.dimension_users SET modified = false WHERE dimension_user_id = affected;
        COMMIT;
    END LOOP;
END
$$;
EOF
}

# What psql prints for these users must be what is in their files. A profile always says that it is not exported yet.
same_as_database() {
    local id rows="$work/rows"
    rm -rf "$rows"
    mkdir "$rows"
    for id in "$@"; do
        printf "\\\\o %s/%d\nSELECT row_to_json(t) FROM (SELECT u.*, c.contributor_type_name, c.contributor_type_name_en
                FROM dwh.datamartusers_export u LEFT JOIN dwh.contributor_types c
                ON c.contributor_type_id = u.id_contributor_type WHERE u.user_id = %d) t;\n" "$rows" "$id" "$id"
    done | run_sql -At
    for id in "$@"; do
        sed 's/"json_exported":true/"json_exported":false/' "$rows/$id" |
            cmp -s - "$work/json/$(profile_path "$id")" || return 1
    done
}

# Milliseconds from the NOTIFY to the last file of the cycle taking its place; the change time is that moment.
delay_of() {
    local notified_ms=$1
    shift
    (cd "$work/json" && stat -c %.3Z "$@" indexes/users.json metadata.json) | sort -n | tail -n 1 |
        awk -v from="$notified_ms" '{ printf "%d\n", $1 * 1000 - from }'
}

show_changes() {
    local delay=$1
    shift
    printf '\nPublished %d ms after the NOTIFY, %d ms of it to wait for more notifications. ' "$delay" "$DEBOUNCE_MS"
    printf 'Some of the files:\n'
    (cd "$work/json" && stat -c '%z %s %n' "${@:1:5}") |
        awk '{ printf "  %s  %6d bytes  %s\n", substr($2, 1, 12), $4, $5 }'
    printf '\nThe beginning of the first:\n  %.210s...\n\n' "$(<"$work/json/$1")"
}

show_statistics() {
    printf '\n$ osm-notes-exportd status\n'
    (cd / && as_service "$binary" status --config "$work/exportd.conf") || fail "the status command failed"
    printf '\nThe last runs, from dwh.json_export_runs:\n'
    run_sql -P footer=off -c "
        SELECT finished_at::time(0) AS finished, mode, reason, users_exported AS users, countries_exported AS countries,
               files_written AS written, files_unchanged AS unchanged, round(duration_ms) AS ms
          FROM dwh.json_export_runs ORDER BY run_id DESC LIMIT 4"
}

play_etl() {
    local round=$1 notified_ms changed_count
    local -a ids expected
    mapfile -t ids < <(value_of "SELECT user_id FROM dwh.dimension_users WHERE is_current
                                 ORDER BY md5($round || ' ' || user_id) LIMIT $CHANGES")
    mapfile -t expected < <(for id in "${ids[@]}"; do profile_path "$id"; done | sort)
    list_profiles >"$work/before"

    printf '\n'
    step "ETL run $round: ${#ids[@]} users change, then NOTIFY osm_notes_export"
    change_users "$(IFS=, && echo "${ids[*]}")"
    notified_ms=$(now_ms)
    value_of "NOTIFY osm_notes_export"
    wait_until 60 "the changes" nothing_pending
    step_done

    show_changes "$(delay_of "$notified_ms" "${expected[@]}")" "${expected[@]}"
    list_profiles >"$work/after"
    printf '%s\n' "${expected[@]}" >"$work/expected"
    changed_count=$(comm -13 "$work/before" "$work/after" | cut -f1 | grep -cxFf "$work/expected" || true)
    expect "$changed_count of the ${#ids[@]} users have a new file" test "$changed_count" -eq "${#ids[@]}"
    expect "the other $((users + countries - ${#ids[@]})) profiles kept inode, modification time and change time" \
        cmp -s <(grep -vFf "$work/expected" "$work/before") <(grep -vFf "$work/expected" "$work/after")
    expect "each new file is byte for byte what row_to_json gives" same_as_database "${ids[@]}"
    show_mirror
    show_statistics
}
