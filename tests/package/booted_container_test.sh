#!/bin/bash
#
# A new machine becomes a publishing one: in a booted container with a warehouse of 10,000 users, the package is installed,
# "osm-notes-exportd setup" does the rest, the first file is published, "status" says that all is well. How long each step
# took is printed; from the package to the status it may be 60 s.
#
#   booted_container_test.sh CPACK BUILD_DIR
#
# The container's root is this machine's, below an overlay, or that of EXPORTD_CONTAINER_ROOT: a directory that debootstrap
# made, with PostgreSQL or a mirror to install it from. Needs root, and systemd-nspawn where a container can boot; else exits
# 77 (skipped) with the reason.

set -euo pipefail

arguments=("$@")
cpack=$1 build=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly arguments cpack build here
PGHOST=/run/postgresql # in the container
# shellcheck source-path=SCRIPTDIR source=throw_away_root.sh
. "$here/throw_away_root.sh"
# shellcheck source-path=SCRIPTDIR source=container.sh
. "$here/container.sh"
readonly unit=osm-notes-exportd.service tree=/srv/www/notes-json
readonly users=10000 countries=250 limit=${EXPORTD_SETUP_LIMIT:-60}

in_namespace systemd-nspawn nsenter pgrep
make_scratch
clean_up() {
    power_off
    remove_root
}
trap clean_up EXIT

# The warehouse that is there before --------------------------------------------------------------------------------------

# from_mirror PACKAGE...: into the container's root, without starting any of it. A mirror is not always there, nor needed.
from_mirror() {
    step "installing $* into the container's root"
    cp --dereference /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
    mkdir -p "$root/etc/postgresql-common/createcluster.d"
    echo "create_main_cluster = false" >"$root/etc/postgresql-common/createcluster.d/none.conf"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    { in_root apt-get -qq update && in_root apt-get -qq install -y --no-install-recommends "$@"; } \
        >"$scratch/apt.log" 2>&1 || skip "no $* in the container, and none to be had: $(tail -n 1 "$scratch/apt.log")"
}

# What the package needs, the first of each choice.
dependencies() {
    dpkg-deb --field "$daemon_deb" Depends | tr ',' '\n' | sed 's/|.*//; s/(.*//; s/ //g'
}

install_server() {
    local -a missing=()
    compgen -G "$root/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing+=(postgresql)
    [[ -e $root/usr/bin/git ]] || missing+=(git)
    [[ -e $root/usr/sbin/nginx ]] || missing+=(nginx-light)
    local package
    for package in $(dependencies); do
        [[ $(in_root dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]} == 0)) || from_mirror "${missing[@]}"
}

sql() {
    inside runuser -u postgres -- psql -qXAt -v ON_ERROR_STOP=1 "$@"
}

start_server() {
    local version
    version=$(find "$root/usr/lib/postgresql" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1)
    # A cluster of this machine's stays below the overlay.
    rm -rf "$root/etc/postgresql/$version/main" "$root/var/lib/postgresql/$version/main"
    expect "a server" inside pg_createcluster "$version" main -- --no-sync --locale=C.UTF-8
    expect "the server starts" inside systemctl start "postgresql@$version-main.service"
    wait_for "the server" sql -d postgres -c "SELECT 1"
}

fill_warehouse() {
    mkdir -p "$root/srv/warehouse"
    cp "$here/../support/datamart.sql" "$here/../support/generate.sql" "$root/srv/warehouse"
    expect "a database" inside runuser -u postgres -- createdb notes_dwh
    expect "the datamart" sql -d notes_dwh -f /srv/warehouse/datamart.sql
    expect "its rows" sql -d notes_dwh -v users=$users -v countries=$countries -f /srv/warehouse/generate.sql
}

# What the operator does --------------------------------------------------------------------------------------------------

# timed WHAT COMMAND...: its seconds.
timed() {
    local what=$1 start=${EPOCHREALTIME/./}
    shift
    "$@"
    printf '        %-48s %6d ms\n' "$what" $(((${EPOCHREALTIME/./} - start) / 1000))
}

install_package() {
    expect "the package is installed" inside dpkg --force-confold --install "/debs/${daemon_deb##*/}"
    same "not started before the warehouse is prepared" inactive "$(unit_property "$unit" ActiveState)"
}

set_up() {
    inside "$daemon" setup --database notes_dwh --directory "$tree" --http >"$scratch/setup.log" 2>&1 || fail "setup"
}

first_file() {
    wait_for "the first file" test -s "$root$tree/metadata.json"
}

ask_status() {
    inside "$daemon" status >"$scratch/status.log" 2>&1 || fail "status: exit status $?"
}

# What there is then ------------------------------------------------------------------------------------------------------

look_at_setup() {
    grep -qF "$tree" "$scratch/setup.log" || fail "setup does not name the tree"
    grep -qF "NOTIFY osm_notes_export" "$scratch/setup.log" || fail "setup does not name the ETL's line"
    same "running" active "$(unit_property "$unit" ActiveState)"
    same "starts with the machine" enabled "$(unit_property "$unit" UnitFileState)"
    same "may write to the tree" "$tree" "$(unit_property "$unit" ReadWritePaths | tr ' ' '\n' | grep -Fx "$tree" | sort -u)"
    same "owner of the tree" "$user:$user" "$(in_root stat -c '%U:%G' "$tree")"
    same "owners of what is in it" "$user" "$(in_root find "$tree" -printf '%u\n' | sort -u)"
    same "profiles" $((users + countries)) "$(find "$root$tree/users" "$root$tree/countries" -name '*.json' | wc -l)"
    same "rows that wait" 0 "$(sql -d notes_dwh -c 'SELECT sum(pending) FROM dwh.json_export_status')"
    expect "check" inside "$daemon" check
}

page_answers() {
    # shellcheck disable=SC2016 # for the shell inside
    inside bash -c 'exec 3<>/dev/tcp/127.0.0.1/9847
        printf "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" >&3
        head -n 1 <&3 | grep -q "^HTTP/1.1 200"'
}

change_reaches_the_tree() {
    sql -d notes_dwh -c "UPDATE dwh.datamartusers SET history_whole_open = 4711 WHERE user_id =
        (SELECT min(user_id) FROM dwh.datamartusers WHERE user_id > 0)" -c "NOTIFY osm_notes_export"
    wait_for "a change" grep -rq '"history_whole_open":4711,' "$root$tree/users"
}

status_tells() {
    [[ $(inside "$daemon" status) == *"$1"* ]]
}

# What the mirror says is kept, for when it is no better.
is_current() {
    inside journalctl --quiet --output=cat --unit="$mirror" >"$scratch/mirror.log" 2>&1 || true
    status_tells "$1: current, generation"
}

declare -a verify_with=() # options, when the copy is compared without the unit
# mirror_follows NAME TARGET LINE...: as another user, with nothing to be done but its section, these lines, and its target;
# "" is one on another machine.
mirror_follows() {
    local -r name=$1 target=$2
    shift 2
    mirror=osm-notes-exportd-mirror@$name.service
    printf '%s\n' "" "[mirror $name]" "$@" >>"$root$conf"
    if [[ -n $target ]]; then
        mkdir -p "$root/etc/systemd/system/$mirror.d"
        printf '[Service]\nReadWritePaths=%s\n' "$target" >"$root/etc/systemd/system/$mirror.d/target.conf"
        inside systemctl daemon-reload
    fi
    expect "the mirror $name starts" inside systemctl enable --now "$mirror"
    wait_for "the mirror $name in status" is_current "$name"
    same "user of the mirror $name" osm_notes_mirror "$(inside ps -o user:32= -p "$(unit_property "$mirror" MainPID)")"
    local -r began=$SECONDS
    inside systemctl stop "$mirror"
    ((SECONDS - began <= 10)) || fail "the mirror $name takes $((SECONDS - began)) s to stop"
    same "end of the mirror $name" "success 0" \
        "$(unit_property "$mirror" Result) $(unit_property "$mirror" ExecMainStatus)"
    # One process at a time uses the repository of a git mirror, so not while the service does.
    expect "the copy $name is equal" inside "$daemon" mirror "$name" --verify "${verify_with[@]}"
}

copies_a_directory() {
    inside install -d -o osm_notes_mirror /srv/copy
    mirror_follows copy /srv/copy "kind = directory" "url = /srv/copy"
    same "owner of the copy" osm_notes_mirror "$(in_root stat -c %U /srv/copy/metadata.json)"
    cmp "$root$tree/metadata.json" "$root/srv/copy/metadata.json" || fail "the copy is another one"
}

# Over the network, as most do: the unit lets it.
copies_to_git() {
    inside install -d -o osm_notes_mirror /srv/git
    expect "a repository" inside runuser -u osm_notes_mirror -- git init --quiet --bare /srv/git/notes.git
    expect "a git server" inside systemd-run --quiet --uid=osm_notes_mirror --unit=git-server git daemon --reuseaddr \
        --listen=127.0.0.1 --export-all --enable=receive-pack --base-path=/srv/git /srv/git
    wait_for "the git server" inside git ls-remote git://127.0.0.1/notes.git
    mirror_follows branch "" "kind = git" "url = git://127.0.0.1/notes.git" "directory = data" \
        "author = Publisher <publisher@example.org>"
    inside runuser -u osm_notes_mirror -- git -C /srv/git/notes.git show main:data/metadata.json |
        cmp - "$root$tree/metadata.json" || fail "the branch has another tree"
}

# As a machine does that has no database: the tree comes over HTTP, with its public feed.
copies_from_a_server() {
    printf '%s\n' "" "[feed]" "publish = yes" >>"$root$conf"
    expect "the feed becomes public" inside systemctl reload "$unit"
    wait_for "the public feed" test -s "$root$tree/changes/state.json"
    cat >"$root/srv/nginx.conf" <<CONF
daemon off;
pid /run/nginx.pid;
error_log stderr;
user osm_notes_mirror $user;
events {}
http {
    access_log off;
    server {
        listen 127.0.0.1:8080;
        root $tree;
    }
}
CONF
    expect "a web server" inside systemd-run --quiet --unit=web-server nginx -c /srv/nginx.conf
    inside install -d -o osm_notes_mirror /srv/pulled
    mirror_follows pulled /srv/pulled "kind = directory" "url = /srv/pulled" "from = http://127.0.0.1:8080"
    cmp "$root$tree/metadata.json" "$root/srv/pulled/metadata.json" || fail "the copy over HTTP is another one"
}

# Its keys are credentials of the unit, which only root may read.
copies_to_a_bucket() {
    inside sh -c 'command -v swift-proxy-server s3cmd' >/dev/null || { step "not tried: no Swift, or no s3cmd" && return; }
    local -r keys=/etc/osm-notes-exportd/keys
    cp "$here/../support/swift.sh" "$root/srv/swift.sh"
    expect "an object store" inside bash /srv/swift.sh start /srv/swift 2
    local SWIFT_URL SWIFT_KEY SWIFT_SECRET
    eval "$(cat "$scratch/command.log")"
    expect "a bucket" inside s3cmd --access_key="$SWIFT_KEY" --secret_key="$SWIFT_SECRET" --no-ssl --config=/dev/null \
        --host="${SWIFT_URL#http://}" --host-bucket="${SWIFT_URL#http://}" mb s3://notes
    mkdir -m 700 "$root$keys"
    printf '%s\n' "$SWIFT_KEY" >"$root$keys/access"
    printf '%s\n' "$SWIFT_SECRET" >"$root$keys/secret"
    local -r credentials=/run/credentials/osm-notes-exportd-mirror@bucket.service
    mkdir -p "$root/etc/systemd/system/osm-notes-exportd-mirror@bucket.service.d"
    printf '[Service]\nLoadCredential=%s\nLoadCredential=%s\n' "access:$keys/access" "secret:$keys/secret" \
        >"$root/etc/systemd/system/osm-notes-exportd-mirror@bucket.service.d/keys.conf"
    inside systemctl daemon-reload
    # Typed by hand it is the mirror's user who reads them.
    inside cp -r "$keys" /srv/keys
    inside chown -R osm_notes_mirror /srv/keys
    verify_with=(--set mirror.bucket.access_key_file=/srv/keys/access --set mirror.bucket.secret_key_file=/srv/keys/secret)
    mirror_follows bucket "" "kind = s3" "url = $SWIFT_URL/notes/data" "access_key_file = $credentials/access" \
        "secret_key_file = $credentials/secret"
    verify_with=()
    inside bash /srv/swift.sh stop /srv/swift >/dev/null 2>&1
}

setup_again_changes_nothing() {
    local before
    before=$(inside sha256sum "$conf" "$tree/indexes/countries.json")
    set_up
    same "files after the second setup" "$before" "$(inside sha256sum "$conf" "$tree/indexes/countries.json")"
    same "still running" active "$(unit_property "$unit" ActiveState)"
    expect "tree and database agree" inside "$daemon" verify
}

main() {
    step "the package"
    make_packages daemon
    lower=${EXPORTD_CONTAINER_ROOT:-/}
    [[ -e $lower/etc/os-release ]] || skip "EXPORTD_CONTAINER_ROOT=$lower is no root of a system"
    make_root "$lower"
    mount --rbind /dev "$root/dev"
    step "a container of $(. "$root/etc/os-release" && echo "$PRETTY_NAME")"
    install_server
    umount --recursive --lazy "$root/dev"
    boot --private-network
    step "a warehouse of $users users and $countries countries"
    start_server
    fill_warehouse
    local began=${EPOCHREALTIME/./}
    step "what the operator does"
    timed "dpkg --install" install_package
    timed "osm-notes-exportd setup" set_up
    timed "the first file" first_file
    timed "osm-notes-exportd status" ask_status
    local took=$(((${EPOCHREALTIME/./} - began) / 1000))
    printf '        %-48s %6d ms\n' "in all" "$took"
    ((took < limit * 1000)) || fail "from the package to the status: $took ms, more than $limit s"
    step "what there is then"
    look_at_setup
    wait_for "the status page" page_answers
    change_reaches_the_tree
    step "mirrors"
    timed "of kind directory" copies_a_directory
    timed "of kind git" copies_to_git
    timed "from a web server" copies_from_a_server
    [[ -z ${EXPORTD_THOROUGH-} ]] || timed "of kind s3" copies_to_a_bucket # ten thousand objects take a while
    setup_again_changes_nothing
    sed 's/^/    /' "$scratch/status.log"
    step "passed"
}

main
