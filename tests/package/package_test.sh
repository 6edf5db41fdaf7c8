#!/bin/bash
#
# The Debian packages of a build: made, looked at, installed into a throw-away root, used, upgraded, removed, purged.
#
#   PGHOST=DIR PGUSER=postgres package_test.sh CPACK BUILD_DIR
#
# The root is an overlay on that of this machine, in memory; what a package did is what is in its upper layer. Needs
# root, overlayfs, lintian and the tools that make packages; else exits 77 (skipped).

set -euo pipefail

readonly cpack=$1 build=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly daemon=osm-notes-exportd library=libnotes-export-dev
readonly user=osm_notes_exporter state=/var/lib/osm-notes-exportd
readonly conf=/etc/osm-notes-exportd/osm-notes-exportd.conf
readonly wanted_by=/etc/systemd/system/multi-user.target.wants/osm-notes-exportd.service

skip() {
    printf 'skipped: %s\n' "$1"
    exit 77
}

# A mount namespace of its own: nothing has to be unmounted, however this ends.
if [[ ${IN_NAMESPACE-} != yes ]]; then
    ((EUID == 0)) || skip "needs root"
    for tool in dpkg-deb dpkg-shlibdeps file lintian readelf unshare; do
        command -v "$tool" >/dev/null || skip "no $tool"
    done
    ! dpkg-query -W "$daemon" "$library" >/dev/null 2>&1 || skip "the packages are installed on this machine"
    unshare --mount true 2>/dev/null || skip "no mount namespaces"
    IN_NAMESPACE=yes exec unshare --mount "$0" "$@"
fi

scratch=$(mktemp -d)
readonly scratch
readonly debs=$scratch/debs root=$scratch/root upper=$scratch/memory/upper
daemon_pid=""

clean_up() {
    [[ -z $daemon_pid ]] || kill -KILL "$daemon_pid" 2>/dev/null || true
    umount --recursive --lazy "$root" 2>/dev/null || true
    umount --lazy "$scratch/memory" 2>/dev/null || true
    rm -rf --one-file-system "$scratch"
}
trap clean_up EXIT

step() {
    printf '%4d s  %s\n' "$SECONDS" "$1"
}

fail() {
    printf 'failed: %s\n' "$1"
    local log
    for log in "$scratch"/*.log; do
        [[ ! -s $log ]] || printf -- '--- %s\n%s\n' "${log##*/}" "$(tail -n 30 "$log")"
    done
    exit 1
}

# expect WHAT COMMAND...
expect() {
    local what=$1
    shift
    "$@" >"$scratch/command.log" 2>&1 || fail "$what"
}

# same WHAT EXPECTED GOT
same() {
    [[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"
}

# wait_for WHAT COMMAND...: asks for at most 20 s.
wait_for() {
    local what=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
        ((++tries < 400)) || fail "waited in vain for $what"
        read -rt 0.05 <> <(:) || true
    done
}

# The packages as files ------------------------------------------------------------------------------------------------

make_packages() {
    expect "the packages are made" "$cpack" --config "$build/CPackConfig.cmake" -B "$debs"
    daemon_deb=$(echo "$debs/${daemon}"_*.deb)
    library_deb=$(echo "$debs/${library}"_*.deb)
    same "number of packages" 2 "$(find "$debs" -maxdepth 1 -name '*.deb' | wc -l)"
}

field() {
    dpkg-deb --field "$1" "$2"
}

look_at_control() {
    local program=$scratch/unpacked/usr/bin/$daemon
    dpkg-deb --raw-extract "$daemon_deb" "$scratch/unpacked"
    same "conffiles" "$conf" "$(cat "$scratch/unpacked/DEBIAN/conffiles")"
    [[ $(field "$daemon_deb" Depends) == *libpq5*systemd* ]] || fail "dependencies: $(field "$daemon_deb" Depends)"
    [[ $(field "$library_deb" Depends) == *libpq-dev* ]] || fail "dependencies: $(field "$library_deb" Depends)"
    same "files that do not belong to root" "" \
        "$(dpkg-deb -c "$daemon_deb" | awk '$2 != "root/root" { print $6 }')"
    same "files and directories with odd rights" "" "$(dpkg-deb -c "$daemon_deb" | awk '
        $1 !~ /^(drwxr-xr-x|-rw-r--r--|lrwxrwxrwx)$/ && $6 != "./usr/bin/osm-notes-exportd" { print $1, $6 }')"
    local page
    for page in "$scratch"/unpacked/usr/share/man/man?/*; do
        # Bytes 4 to 7 of such a file are the time it was made.
        same "$page is compressed, without the time" "1f8b 00000000" "$(od -An -tx1 -N8 "$page" |
            sed 's/ //g; s/^\(....\)....\(........\)$/\1 \2/')"
    done
    [[ $(readelf -h "$program") == *"DYN (Position-Independent Executable"* ]] || fail "not position-independent"
    [[ $(readelf -lW "$program") == *GNU_RELRO* ]] || fail "no RELRO"
    [[ $(readelf -dW "$program") == *BIND_NOW* ]] || fail "no BIND_NOW"
    [[ $(readelf -W --dyn-syms "$program") == *__stack_chk_fail*  ]] || fail "no stack protector"
    [[ $(readelf -W --dyn-syms "$program") == *_chk@GLIBC* ]] || fail "no fortified function"
    [[ $(readelf -SW "$program") != *.debug_info* ]] || fail "not stripped"
}

# What the newer lintian of another release has learned to warn of is no reason for a failure.
run_lintian() {
    local limit=error
    [[ $(lintian --print-version) != 2.116.* ]] || limit=error,warning
    lintian --profile debian --allow-root --fail-on "$limit" --tag-display-limit 0 --info "$daemon_deb" "$library_deb" \
        >"$scratch/lintian.log" 2>&1 || fail "lintian has something to say"
}

# The throw-away root --------------------------------------------------------------------------------------------------

in_root() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

as_user() {
    chroot --userspec="$user:$user" "$root" env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 "$@"
}

make_root() {
    mkdir "$scratch/memory" "$root"
    mount -t tmpfs tmpfs "$scratch/memory"
    mkdir "$upper" "$scratch/memory/work"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$upper,workdir=$scratch/memory/work" "$root" ||
        skip "no overlay on the root of this machine"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mkdir -p "$root$PGHOST" # the server's socket
    mount --bind "$PGHOST" "$root$PGHOST"
}

dpkg_in_root() {
    in_root dpkg --force-confold "$@" </dev/null >"$scratch/dpkg.log" 2>&1 || fail "dpkg $*"
}

install_packages() {
    mkdir "$root/debs"
    mount --bind "$debs" "$root/debs"
    dpkg_in_root --install "/debs/${daemon_deb##*/}" "/debs/${library_deb##*/}"
    expect "the installed files are those of the packages" in_root dpkg --verify "$daemon" "$library"
    expect "the user exists" in_root id "$user"
    same "owner of the tree" "$user:$user 755" "$(in_root stat -c '%U:%G %a' "$state/json")"
    expect "the service is enabled" test -L "$root$wanted_by"
    same "version" "$daemon $(field "$daemon_deb" Version | sed 's/-[^-]*$//')" "$(in_root "$daemon" --version)"
    expect "the configuration is valid" in_root "$daemon" check-config
    expect "the completion can be loaded" in_root bash -c \
        ". /usr/share/bash-completion/completions/$daemon && complete -p $daemon"
}

# The service's work ---------------------------------------------------------------------------------------------------

prepare_warehouse() {
    createdb --template=template0 notes_dwh
    local load=(psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --dbname=notes_dwh)
    expect "a warehouse" "${load[@]}" -f "$here/../support/datamart.sql"
    expect "install.sql of the package" "${load[@]}" -f "$root/usr/share/$daemon/sql/install.sql"
    expect "rows" "${load[@]}" -v users=30 -v countries=6 -f "$here/../support/generate.sql"
    sed -i "s|^#conninfo = .*|conninfo = host=$PGHOST dbname=notes_dwh|" "$root$conf"
}

start_daemon() {
    # The process itself: signals to a shell around it would not reach it.
    (exec chroot --userspec="$user:$user" "$root" env -i "/usr/bin/$daemon" run 2>"$scratch/daemon.log") &
    daemon_pid=$!
    wait_for "an export" grep -q event=cycle_finished "$scratch/daemon.log"
    wait_for "notifications" grep -q event=listening "$scratch/daemon.log"
}

stop_daemon() {
    local status=0
    kill -TERM "$daemon_pid"
    wait "$daemon_pid" || status=$?
    daemon_pid=""
    same "exit status of the daemon" 0 "$status"
}

use_the_daemon() {
    start_daemon
    expect "the tree" test -s "$root$state/json/metadata.json"
    same "profiles of users" 30 "$(find "$root$state/json/users" -name '*.json' | wc -l)"
    psql -qX -d notes_dwh -c "UPDATE dwh.datamartusers SET history_whole_open = 4711 WHERE user_id =
        (SELECT min(user_id) FROM dwh.datamartusers WHERE user_id > 0); NOTIFY osm_notes_export"
    wait_for "a change" grep -rq '"history_whole_open":4711,' "$root$state/json/users"
    expect "status" as_user "$daemon" status
    stop_daemon
    expect "tree and database agree" as_user "$daemon" verify
}

use_the_library() {
    cp -r "$here/outside_program" "$root/outside_program"
    expect "a program of others is configured" in_root cmake -S /outside_program -B /outside_program/build
    expect "a program of others is built" in_root cmake --build /outside_program/build
    expect "a program of others exports" in_root /outside_program/build/outside_program \
        "host=$PGHOST user=postgres dbname=notes_dwh" /outside_program/tree "/usr/share/$daemon/schemas"
    expect "the library exports what the daemon exports" diff -r --exclude=metadata.json --exclude=.exportd \
        --exclude=.json_export_version "$root/outside_program/tree" "$root$state/json"
    rm -r "$root/outside_program"
}

# Afterwards -----------------------------------------------------------------------------------------------------------

# The same with a higher version and another configuration file.
upgrade() {
    sed -i 's/^Version: .*/&.1/' "$scratch/unpacked/DEBIAN/control"
    echo "# Said since the upgrade." >>"$scratch/unpacked$conf"
    expect "a newer package" dpkg-deb --build "$scratch/unpacked" "$debs/newer.deb"
    dpkg_in_root --install /debs/newer.deb
    expect "the edited configuration survives" grep -q "^conninfo = host=$PGHOST" "$root$conf"
    expect "the new one is beside it" grep -q "since the upgrade" "$root$conf.dpkg-dist"
    start_daemon
    stop_daemon
}

# What the package changed, but for the records of others: of dpkg, of the manual, of the users there are.
left_over() {
    (cd "$upper" && find . ! -type d ! -path './var/lib/dpkg/*' ! -path './var/cache/*' ! -path './var/log/*' \
        ! -path './tmp/*' ! -path "./debs/*" ! -path './etc/.pwd.lock' ! -path "./etc/ld.so.cache" \
        ! -regex './etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-?' ! -path ".$state/json/*" -print)
}

remove() {
    dpkg_in_root --remove "$daemon" "$library"
    expect "the configuration outlives removal" test -s "$root$conf"
    [[ ! -e $root/usr/bin/$daemon ]] || fail "the program outlives removal"
    dpkg_in_root --purge "$daemon"
    same "left after purge" "" "$(left_over)"
    expect "the published files outlive purge" test -s "$root$state/json/metadata.json"
    grep -q "published files are kept" "$scratch/dpkg.log" || fail "purge does not say what it keeps"
    [[ ! -e $root/etc/osm-notes-exportd ]] || fail "purge leaves the directory of the configuration"
}

purge_without_a_tree() {
    find "$root$state/json" -mindepth 1 -delete
    dpkg_in_root --install "/debs/${daemon_deb##*/}"
    dpkg_in_root --purge "$daemon"
    [[ ! -e $root$state ]] || fail "purge leaves an empty directory"
    same "left after the second purge" "" "$(left_over)"
}

main() {
    step "making the packages"
    make_packages
    look_at_control
    step "lintian"
    run_lintian
    step "installing them"
    make_root
    install_packages
    prepare_warehouse
    step "using them"
    use_the_daemon
    use_the_library
    step "upgrade, removal, purge"
    upgrade
    remove
    purge_without_a_tree
    step "passed"
}

main
