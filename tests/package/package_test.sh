#!/bin/bash
#
# The Debian packages of a build: made, looked at, installed into a throw-away root, used, upgraded, removed, purged.
#
#   PGHOST=DIR PGUSER=postgres package_test.sh CPACK BUILD_DIR
#
# The root is an overlay on that of this machine, in memory; what a package did is what is in its upper layer. Needs
# root, overlayfs, lintian and the tools that make packages; else exits 77 (skipped).

set -euo pipefail

arguments=("$@")
cpack=$1 build=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly arguments cpack build here
# shellcheck source-path=SCRIPTDIR source=throw_away_root.sh
. "$here/throw_away_root.sh"
readonly rotation=/etc/logrotate.d/osm-notes-exportd
readonly uninstall=/var/backups/osm-notes-exportd-uninstall.sql
readonly wanted_by=/etc/systemd/system/multi-user.target.wants/osm-notes-exportd.service

in_namespace lintian readelf
make_scratch
daemon_pid=""

clean_up() {
    [[ -z $daemon_pid ]] || kill -KILL "$daemon_pid" 2>/dev/null || true
    remove_root
}
trap clean_up EXIT

# The packages as files ------------------------------------------------------------------------------------------------

field() {
    dpkg-deb --field "$1" "$2"
}

look_at_control() {
    local program mirror=usr/libexec/$daemon/mirror
    dpkg-deb --raw-extract "$daemon_deb" "$scratch/unpacked"
    same "conffiles" "$conf"$'\n'"$rotation" "$(cat "$scratch/unpacked/DEBIAN/conffiles")"
    local package
    for package in "$daemon_deb" "$library_deb"; do
        same "version" "$(. /etc/os-release && echo "1~${ID/#debian/deb}$VERSION_ID")" "$(field "$package" Version | sed 's/.*-//')"
    done
    same "version of the news" "$(field "$daemon_deb" Version | sed 's/~.*//')" "$(zcat \
        "$scratch/unpacked/usr/share/doc/$daemon/NEWS.Debian.gz" | sed -n '1s/.*(\(.*\)).*/\1/p')"
    [[ $(field "$daemon_deb" Depends) == *libpq5*systemd* ]] || fail "dependencies: $(field "$daemon_deb" Depends)"
    [[ $(field "$library_deb" Depends) == *libpq-dev* ]] || fail "dependencies: $(field "$library_deb" Depends)"
    same "files that do not belong to root" "" \
        "$(dpkg-deb -c "$daemon_deb" | awk '$2 != "root/root" { print $6 }')"
    same "files and directories with odd rights" "" "$(dpkg-deb -c "$daemon_deb" | awk '
        $1 !~ /^(drwxr-xr-x|-rw-r--r--|lrwxrwxrwx)$/ &&
            $6 != "./usr/bin/osm-notes-exportd" && $6 != "./usr/libexec/osm-notes-exportd/mirror" { print $1, $6 }')"
    local page
    for page in "$scratch"/unpacked/usr/share/man/man?/*; do
        # Bytes 4 to 7 of such a file are the time it was made.
        same "$page is compressed, without the time" "1f8b 00000000" "$(od -An -tx1 -N8 "$page" |
            sed 's/ //g; s/^\(....\)....\(........\)$/\1 \2/')"
    done
    for program in "$scratch/unpacked/usr/bin/$daemon" "$scratch/unpacked/$mirror"; do
        look_at_program "$program"
    done
    # What talks to other hosts is the mirror's alone: it has the most to be attacked in, and no session of the database.
    [[ $(readelf -dW "$scratch/unpacked/usr/bin/$daemon") != *libcurl* ]] || fail "the daemon needs libcurl"
}

look_at_program() {
    local program=$1
    [[ $(readelf -h "$program") == *"DYN (Position-Independent Executable"* ]] || fail "$program: not position-independent"
    [[ $(readelf -lW "$program") == *GNU_RELRO* ]] || fail "$program: no RELRO"
    [[ $(readelf -dW "$program") == *BIND_NOW* ]] || fail "$program: no BIND_NOW"
    [[ $(readelf -W --dyn-syms "$program") == *__stack_chk_fail*  ]] || fail "$program: no stack protector"
    [[ $(readelf -W --dyn-syms "$program") == *_chk@GLIBC* ]] || fail "$program: no fortified function"
    [[ $(readelf -SW "$program") != *.debug_info* ]] || fail "$program: not stripped"
}

# What the newer lintian of another release has learned to warn of is no reason for a failure.
run_lintian() {
    local limit=error
    [[ $(lintian --print-version) != 2.116.* ]] || limit=error,warning
    lintian --profile debian --allow-root --fail-on "$limit" --tag-display-limit 0 --info "$daemon_deb" "$library_deb" \
        >"$scratch/lintian.log" 2>&1 || fail "lintian has something to say"
}

# Installed ------------------------------------------------------------------------------------------------------------

dpkg_in_root() {
    in_root dpkg --force-confold "$@" </dev/null >"$scratch/dpkg.log" 2>&1 || fail "dpkg $*"
}

install_packages() {
    dpkg_in_root --install "/debs/${daemon_deb##*/}" "/debs/${library_deb##*/}"
    expect "the installed files are those of the packages" in_root dpkg --verify "$daemon" "$library"
    expect "the user exists" in_root id "$user"
    same "owner of the tree" "$user:$user 755" "$(in_root stat -c '%U:%G %a' "$state/json")"
    expect "the service is enabled" test -L "$root$wanted_by"
    same "version" "$daemon $(field "$daemon_deb" Version | sed 's/-[^-]*$//')" "$(in_root "$daemon" --version)"
    expect "the configuration is valid" in_root "$daemon" check-config
    expect "the completion can be loaded" in_root bash -c \
        ". /usr/share/bash-completion/completions/$daemon && complete -p $daemon"
    expect "the completion of zsh" test -s "$root/usr/share/zsh/vendor-completions/_$daemon"
    expect "the completion of fish" test -s "$root/usr/share/fish/vendor_completions.d/$daemon.fish"
    same "owner of the logs" "$user:$user 750" "$(in_root stat -c '%U:%G %a' "$logs")"
    if [[ -x /usr/sbin/logrotate ]]; then
        expect "logrotate takes the rule" in_root logrotate --debug "$rotation"
        ! grep -i error "$scratch/command.log" || fail "logrotate takes the rule"
    fi
}

# The service's work ---------------------------------------------------------------------------------------------------

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
    change_a_user 4711
    wait_for "a change" is_published 4711
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
    make_newer_package
    dpkg_in_root --install /debs/newer.deb
    [[ ! -e $root$uninstall ]] || fail "an upgrade takes itself for a removal"
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

# Only root may change what a superuser of the database is told to run.
keeps_uninstall_sql() {
    same "the copy of uninstall.sql" "root:root 644" "$(in_root stat -c '%U:%G %a' "$uninstall")"
    cmp "$root$uninstall" "$here/../../sql/uninstall.sql" || fail "the copy of uninstall.sql is another file"
    grep -qF "psql -d notes_dwh -f $uninstall" "$scratch/dpkg.log" || fail "$1 does not name uninstall.sql"
}

triggers() {
    psql -qXAt -d notes_dwh -c "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'json_export_%' AND NOT tgisinternal"
}

take_away_from_the_database() {
    (($(triggers) > 0)) || fail "no triggers in the database"
    expect "uninstall.sql runs" psql -qX -v ON_ERROR_STOP=1 -d notes_dwh -f "$root$uninstall"
    same "triggers after uninstall.sql" 0 "$(triggers)"
    grep -q "role osm_notes_exporter stays" "$scratch/command.log" || fail "uninstall.sql does not say that the role stays"
}

remove() {
    dpkg_in_root --remove "$daemon" "$library"
    keeps_uninstall_sql removal
    expect "the configuration outlives removal" test -s "$root$conf"
    [[ ! -e $root/usr/bin/$daemon ]] || fail "the program outlives removal"
    expect "the logs outlive removal" test -d "$root$logs"
    dpkg_in_root --purge "$daemon"
    keeps_uninstall_sql purge
    [[ ! -e $root$logs ]] || fail "purge leaves the logs"
    take_away_from_the_database
    same "left after purge" ".$uninstall" "$(left_over)"
    expect "the published files outlive purge" test -s "$root$state/json/metadata.json"
    grep -q "published files are kept" "$scratch/dpkg.log" || fail "purge does not say what it keeps"
    [[ ! -e $root/etc/osm-notes-exportd ]] || fail "purge leaves the directory of the configuration"
}

purge_without_a_tree() {
    find "$root$state/json" -mindepth 1 -delete
    dpkg_in_root --install "/debs/${daemon_deb##*/}"
    [[ ! -e $root$uninstall ]] || fail "the copy of uninstall.sql is in the way of the new one"
    dpkg_in_root --purge "$daemon"
    [[ ! -e $root$state ]] || fail "purge leaves an empty directory"
    same "left after the second purge" ".$uninstall" "$(left_over)"
}

main() {
    step "making the packages"
    make_packages "daemon;library"
    library_deb=$(echo "$debs/${library}"_*.deb)
    same "number of packages" 2 "$(find "$debs" -maxdepth 1 -name '*.deb' | wc -l)"
    look_at_control
    step "lintian"
    run_lintian
    step "installing them"
    make_root
    furnish_root
    install_packages
    prepare_warehouse
    sed -i "s|^#conninfo = .*|conninfo = host=$PGHOST dbname=notes_dwh|" "$root$conf"
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
