# The part of demo.sh that shows how a change reaches a git mirror; sourced by it, not run. Uses its words, and $work,
# $binary.
# shellcheck shell=bash disable=SC2154

# Sections that go to the end of the configuration.
mirror_config() {
    cat <<EOC

[mirror demo]
kind = git
url = $work/mirror.git
min_interval = 0
EOC
}

mirror_once() {
    (cd / && as_service "$binary" mirror demo --once --config "$work/exportd.conf") >>"$work/mirror.log" 2>&1 ||
        fail "the mirror failed" "$work/mirror.log"
}

# Git refuses a repository of somebody else, so it is asked as its owner, who may not look into the home that is set here.
of_mirror() { (cd / && as_service env -u XDG_CONFIG_HOME HOME="$work/mirror.git" git -C "$work/mirror.git" "$@"); }

begin_mirror() {
    step "Copying the tree to a git repository: mirror demo --once"
    : >"$work/mirror.log"
    mkdir "$work/mirror.git"
    ((EUID != 0)) || chown "$service_user:" "$work/mirror.git"
    of_mirror init -q --bare -b main . || fail "git init failed"
    mirror_once
    step_done
}

# Paths that the newest generation changed, and those of the newest commit: the same, below data/.
list_of_changes() {
    (cd / && as_service "$binary" changes --config "$work/exportd.conf") | sed 's/^[a-z]* //' | LC_ALL=C sort
}
list_of_commit() {
    of_mirror diff-tree -r --no-commit-id --name-only main -- data | sed 's,^data/,,' | LC_ALL=C sort
}

show_mirror() {
    printf '\n$ osm-notes-exportd changes\n'
    list_of_changes >"$work/changes"
    head -n 4 "$work/changes" | sed 's/^/  /'
    printf '  ... %d files in all\n\n' "$(wc -l <"$work/changes")"
    step "Following with the git repository: mirror demo --once"
    mirror_once
    step_done
    of_mirror log -n 2 --format='  %h %s' main
    list_of_commit >"$work/commit"
    expect "the newest commit has exactly the files that the change list names" cmp -s "$work/changes" "$work/commit"
    expect "what is in the repository is the tree, byte for byte" same_as_tree
}

same_as_tree() {
    rm -rf "$work/checkout"
    mkdir "$work/checkout"
    of_mirror archive main data | tar -x -C "$work/checkout"
    diff -r --exclude=.exportd "$work/json" "$work/checkout/data" >/dev/null
}
