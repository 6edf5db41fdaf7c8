# shellcheck shell=bash disable=SC2154 # arguments, cpack, build and here are the sourcing script's
#
# Sourced by the tests of packages: a root to install into, an overlay on that of this machine, in memory. What a package
# did is what is in its upper layer. Needs root, mount namespaces and overlayfs; else exits 77 (skipped).

readonly daemon=osm-notes-exportd library=libnotes-export-dev
readonly user=osm_notes_exporter state=/var/lib/osm-notes-exportd logs=/var/log/osm-notes-exportd
readonly conf=/etc/osm-notes-exportd/osm-notes-exportd.conf

skip() {
    printf 'skipped: %s\n' "$1"
    exit 77
}

# in_namespace TOOL...: begins again in a mount namespace of its own, if these tools are there. However the test ends,
# nothing has to be unmounted outside.
in_namespace() {
    if [[ ${IN_NAMESPACE-} == yes ]]; then
        return
    fi
    ((EUID == 0)) || skip "needs root"
    local tool
    for tool in dpkg-deb dpkg-shlibdeps file unshare "$@"; do
        command -v "$tool" >/dev/null || skip "no $tool"
    done
    ! dpkg-query -W "$daemon" "$library" >/dev/null 2>&1 || skip "the packages are installed on this machine"
    unshare --mount true 2>/dev/null || skip "no mount namespaces"
    IN_NAMESPACE=yes exec unshare --mount "$0" "${arguments[@]}"
}

make_scratch() {
    scratch=$(mktemp -d /tmp/exportd-package-XXXXXX)
    debs=$scratch/debs root=$scratch/root upper=$scratch/memory/upper
    readonly scratch debs root upper
}

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

# wait_for WHAT COMMAND...: asks for at most a minute; the machine may be busy.
wait_for() {
    local what=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
        ((++tries < 1200)) || fail "waited in vain for $what"
        read -rt 0.05 <> <(:) || true
    done
}

in_root() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

as_user() {
    chroot --userspec="$user:$user" "$root" env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 "$@"
}

# make_root [LOWER]: $root, with the packages in /debs.
make_root() {
    local lower=${1:-/}
    mkdir "$scratch/memory" "$root"
    mount -t tmpfs tmpfs "$scratch/memory"
    mkdir "$upper" "$scratch/memory/work"
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$scratch/memory/work" "$root" ||
        skip "no overlay on $lower"
    mkdir "$root/debs"
    mount --bind "$debs" "$root/debs"
}

# What programs need that run in it with chroot, and the socket of the server.
furnish_root() {
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mkdir -p "$root$PGHOST"
    mount --bind "$PGHOST" "$root$PGHOST"
}

remove_root() {
    umount --recursive --lazy "$root" 2>/dev/null || true
    umount --lazy "$scratch/memory" 2>/dev/null || true
    rm -rf --one-file-system "$scratch"
}

# make_packages COMPONENTS: into $debs.
make_packages() {
    expect "the packages are made" "$cpack" --config "$build/CPackConfig.cmake" -B "$debs" -D CPACK_COMPONENTS_ALL="$1"
    daemon_deb=$(echo "$debs/${daemon}"_*.deb)
}

# The daemon's package with a higher version and a changed configuration file, as $debs/newer.deb.
make_newer_package() {
    [[ -d $scratch/unpacked ]] || dpkg-deb --raw-extract "$daemon_deb" "$scratch/unpacked"
    sed -i 's/^Version: .*/&.1/' "$scratch/unpacked/DEBIAN/control"
    echo "# Said since the upgrade." >>"$scratch/unpacked$conf"
    expect "a newer package" dpkg-deb --build "$scratch/unpacked" "$debs/newer.deb"
}

# The warehouse "notes_dwh", on the server of the environment, prepared by the installed package.
prepare_warehouse() {
    createdb --template=template0 notes_dwh
    local load=(psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --dbname=notes_dwh)
    expect "a warehouse" "${load[@]}" -f "$here/../support/datamart.sql"
    expect "install.sql of the package" "${load[@]}" -f "$root/usr/share/$daemon/sql/install.sql"
    expect "rows" "${load[@]}" -v users=30 -v countries=6 -f "$here/../support/generate.sql"
}

# One user has this number of open notes now.
change_a_user() {
    psql -qX -d notes_dwh -c "UPDATE dwh.datamartusers SET history_whole_open = $1 WHERE user_id =
        (SELECT min(user_id) FROM dwh.datamartusers WHERE user_id > 0); NOTIFY osm_notes_export"
}
is_published() {
    grep -rq "\"history_whole_open\":$1," "$root$state/json/users"
}
