#!/bin/bash
#
# conf/container/Containerfile: an image is built of the package by buildah, and a container of it exports, follows a change
# and ends when it is told to.
#
#   container_image_test.sh CPACK BUILD_DIR
#
# The base is EXPORTD_CONTAINER_ROOT, a directory that debootstrap made, else one of this machine's release that it makes
# now: there is no registry here. Takes minutes and a mirror of Debian, so it runs with EXPORTD_THOROUGH=1 only. PGHOST is
# the directory of a server that takes everybody's word. Else exits 77 (skipped) with the reason.

set -euo pipefail

arguments=("$@")
cpack=$1 build=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$here/../.." && pwd)
readonly arguments cpack build here source
# shellcheck source-path=SCRIPTDIR source=throw_away_root.sh
. "$here/throw_away_root.sh"
readonly image=localhost/osm-notes-exportd base=localhost/base

[[ -n ${EXPORTD_THOROUGH-} ]] || skip "takes minutes and a mirror; EXPORTD_THOROUGH=1 runs it"
in_namespace buildah debootstrap pgrep
make_scratch
base_root=${EXPORTD_CONTAINER_ROOT:-$scratch/base}
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs STORAGE_OPTS="" TMPDIR=$scratch
container="" program=""
clean_up() {
    [[ -z $program ]] || kill -KILL "$program" 2>/dev/null || true
    rm -rf --one-file-system "$scratch"
}
trap clean_up EXIT

store() {
    local command=$1
    shift
    buildah --root "$scratch/storage" --runroot "$scratch/runroot" "$command" "$@"
}

make_base() {
    if [[ ! -e $base_root/etc/os-release ]]; then
        local suite
        # shellcheck source=/dev/null
        suite=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}")
        debootstrap --variant=minbase "$suite" "$base_root" >"$scratch/debootstrap.log" 2>&1 ||
            skip "no base: $(tail -n 1 "$scratch/debootstrap.log")"
    fi
    local empty
    empty=$(store from scratch)
    expect "the base is copied" store copy --quiet "$empty" "$base_root" /
    expect "the base is an image" store commit --quiet --rm "$empty" "$base"
}

build_image() {
    cp /etc/resolv.conf "$scratch/resolv.conf"
    expect "the image is built" store build --build-arg "BASE=$base" --pull-never \
        --file "$source/conf/container/Containerfile" --tag "$image" "$debs"
}

# inspect FORMAT
inspect() {
    store inspect --type image --format "$1" "$image"
}

look_at_image() {
    same "its user" "$user" "$(inspect '{{.OCIv1.Config.User}}')"
    same "what it starts" "[/usr/bin/$daemon] [run]" "$(inspect '{{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}')"
    same "the signal that ends it" SIGTERM "$(inspect '{{.Docker.Config.StopSignal}}')"
    same "where its tree is" "map[$state/json:{}]" "$(inspect '{{.OCIv1.Config.Volumes}}')"
}

# in_container COMMAND...: as the user of the image.
in_container() {
    store run --volume "$PGHOST:$PGHOST" "$container" -- "$@"
}

look_inside() {
    container=$(store from --pull-never "$image")
    same "the package's version" "$daemon $(dpkg-deb --field "$daemon_deb" Version | sed 's/-.*//')" \
        "$(in_container "/usr/bin/$daemon" --version)"
    in_container test ! -e /packages || fail "the package itself is left in the image"
    in_container test -r "/usr/share/$daemon/sql/install.sql" || fail "install.sql is not in the image"
}

# As the entry point does, with what the Containerfile says that one adds.
start_daemon() {
    in_container "/usr/bin/$daemon" run --set "database.conninfo=host=$PGHOST dbname=notes_dwh user=$user" \
        --set "output.directory=$state/json" --set schedule.debounce=0ms >"$scratch/daemon.log" 2>&1 &
    wait_for "the daemon" daemon_runs
}

daemon_runs() {
    program=$(pgrep --full --newest --exact "/usr/bin/$daemon run .*") && [[ -n $program ]]
}

# is_in_tree PATTERN: as the container sees it.
is_in_tree() {
    in_container grep -rq "$1" "$state/json"
}

export_follow_end() {
    start_daemon
    wait_for "the first export" is_in_tree '"total_users"'
    change_a_user 4711
    wait_for "a change" is_in_tree '"history_whole_open":4711,'
    same "who writes it" "$user" "$(in_container stat -c %U "$state/json/metadata.json")"
    kill -TERM "$program"
    wait_for "its end" ended
    program=""
    grep -q "service_stopped\|stopped" "$scratch/daemon.log" || fail "it did not say that it ends"
}

ended() {
    ! kill -0 "$program" 2>/dev/null
}

make_packages daemon
step "packages are made"
make_base
step "there is a base"
build_image
step "the image is built"
look_at_image
look_inside
createdb --template=template0 notes_dwh
load=(psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --dbname=notes_dwh)
expect "a warehouse" "${load[@]}" -f "$source/tests/support/datamart.sql"
expect "install.sql" "${load[@]}" -f "$source/sql/install.sql"
expect "rows" "${load[@]}" -v users=30 -v countries=6 -f "$source/tests/support/generate.sql"
export_follow_end
step "it exported, followed a change and ended"
