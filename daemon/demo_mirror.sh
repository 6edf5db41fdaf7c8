# shellcheck shell=bash
#
# The end of demo.sh, which sources this file: the change reaches a git mirror, a bare repository in the demo's own folder.
# Uses of demo.sh: $work, $binary, $service_user, as_service, step, step_done, expect, fail.

# Appends to the configuration; before the daemon is started.
configure_mirror() {
    local branch_of="$work/mirror.git"
    git init --quiet --bare --initial-branch=main "$branch_of"
    ((EUID != 0)) || chown -R "$service_user:" "$branch_of"
    cat >>"$work/exportd.conf" <<EOF

[mirror demo]
kind = git
url = $branch_of
branch = main
directory = data
min_interval = 0s
EOF
}

# The demo's home is not the service's: git looks for its settings there.
run_exportd() { (cd / && as_service env HOME="$work" "$binary" "$@" --config "$work/exportd.conf"); }

mirror_git() { as_service git -C "$work/mirror.git" -c safe.directory="*" "$@"; }

mirror_is_equal() {
    local copy="$work/mirrored"
    rm -rf "$copy"
    mkdir "$copy"
    mirror_git archive main data | tar -x -C "$copy"
    diff -r --exclude=.exportd --exclude=changes "$work/json" "$copy/data" >"$work/mirror.diff"
}

# The whole tree, before the ETL changes anything.
fill_mirror() {
    step "Filling a git mirror: [mirror demo], a bare repository"
    run_exportd mirror demo --once >"$work/mirror.log" 2>&1 || fail "the mirror failed" "$work/mirror.log"
    step_done
}

show_mirror() {
    local changed
    step "Bringing the change to the git mirror"
    run_exportd mirror demo --once >"$work/mirror.log" 2>&1 || fail "the mirror failed" "$work/mirror.log"
    step_done
    printf '\nIts newest commit:\n'
    mirror_git log -1 --stat=100 --stat-count=5 --format='  %h %s' main
    printf '\n$ osm-notes-exportd changes   (the first 5 lines)\n'
    run_exportd changes >"$work/changes" || fail "the changes command failed" "$work/changes"
    head -n 5 "$work/changes" | sed 's/^/  /'
    changed=$(mirror_git diff --name-only main~1 main -- data | wc -l)
    expect "the commit has the generation's $changed files and no other" \
        cmp -s <(mirror_git diff --name-only main~1 main -- data | sed 's|^data/||' | sort) <(sort "$work/changes")
    expect "the branch is byte for byte the tree" mirror_is_equal
}
