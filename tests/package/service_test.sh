#!/bin/bash
#
# The package under a real systemd, in a container on a throw-away root: what is enabled, started, restarted and stopped
# when, and whether the daemon can work with all that the unit takes away from it. Its password is a credential.
#
#   PGHOST=DIR PGUSER=postgres service_test.sh CPACK BUILD_DIR
#
# Needs root and systemd-nspawn, where a container can boot; else exits 77 (skipped).

set -euo pipefail

arguments=("$@")
cpack=$1 build=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly arguments cpack build here
# shellcheck source-path=SCRIPTDIR source=throw_away_root.sh
. "$here/throw_away_root.sh"
# shellcheck source-path=SCRIPTDIR source=container.sh
. "$here/container.sh"
readonly unit=osm-notes-exportd.service

in_namespace systemd-nspawn nsenter pgrep
make_scratch

clean_up() {
    power_off
    remove_root
}
trap clean_up EXIT

property() {
    unit_property "$unit" "$1"
}

journal() {
    inside journalctl --quiet --output=cat --unit="$unit"
}

# logged TEXT [TIMES]: leaves the journal where a failure shows its end.
logged() {
    journal >"$scratch/journal.log"
    (($(grep -c -- "$1" "$scratch/journal.log") >= ${2-1}))
}

tells_its_state() {
    [[ $(property StatusText) == "Up to date, listening, last change "* ]]
}

dpkg_inside() {
    inside dpkg --force-confold "$@" </dev/null >"$scratch/dpkg.log" 2>&1 || fail "dpkg $*"
}

install_package() {
    dpkg_inside --install "/debs/${daemon_deb##*/}"
    same "enabled" enabled "$(property UnitFileState)"
    same "not started before the warehouse is prepared" inactive "$(property ActiveState)"
}

# A password that only root may read.
require_password() {
    sed -i '1i local all osm_notes_exporter scram-sha-256' "$PGHOST/data/pg_hba.conf"
    psql -qX -d notes_dwh -c "ALTER ROLE osm_notes_exporter PASSWORD 'open sesame'" -c "SELECT pg_reload_conf()" >/dev/null
    (umask 077 && echo "open sesame" >"$root/etc/osm-notes-exportd/password")
    sed -i -e "s|^#conninfo = .*|conninfo = host=/srv/postgresql dbname=notes_dwh|" \
        -e "s|^#password_file =|password_file = /run/credentials/$unit/password|" "$root$conf"
    mkdir "$root/etc/systemd/system/$unit.d"
    printf '[Service]\nLoadCredential=password:/etc/osm-notes-exportd/password\n' \
        >"$root/etc/systemd/system/$unit.d/password.conf"
    inside systemctl daemon-reload
}

start_service() {
    inside systemctl start "$unit" || fail "the service does not start: $(journal)"
    same "started" active "$(property ActiveState)"
    wait_for "notifications" logged event=listening
    wait_for "an export" logged event=cycle_finished
    wait_for "the daemon's own words on its state" tells_its_state
    change_a_user 4711
    wait_for "a change" is_published 4711
}

reload_service() {
    local before
    before=$(journal | grep -c "event=cycle_finished .*mode=full")
    inside systemctl reload "$unit" || fail "the service does not reload"
    wait_for "a full export" logged "event=cycle_finished .*mode=full" $((before + 1))
}

# The unit's own directory for a log file, and logrotate's rule as it is installed.
rotate_log() {
    local log=$root$logs/exportd.log full
    inside test -x /usr/sbin/logrotate || { step "not tried: no logrotate" && return; }
    sed -i "s|^#file =.*|file = $logs/exportd.log|" "$root$conf"
    inside systemctl restart "$unit" || fail "the service does not restart with a log file"
    wait_for "notifications in the file" grep -q event=listening "$log"
    wait_for "an export in the file" grep -q event=cycle_finished "$log"
    full=$(grep -c mode=full "$log" || true)
    expect "logrotate" inside logrotate --force "/etc/logrotate.d/$daemon"
    expect "the file was moved" test -e "$log.1" -a ! -e "$log"
    change_a_user 4713
    wait_for "a change after the rotation" is_published 4713
    wait_for "its record in the new file" grep -q event=cycle_finished "$log"
    same "owner of the new file" "$user:$user 640" "$(in_root stat -c '%U:%G %a' "$logs/exportd.log")"
    same "full exports since the rotation" "$full" "$(cat "$log.1" "$log" | grep -c mode=full || true)"
    sed -i "s|^file = .*|#file =|" "$root$conf"
    inside systemctl restart "$unit" || fail "the service does not restart without a log file"
}

# What is in force stays so, and systemctl says that the reload failed.
refuse_reload() {
    echo "[nonsense]" >>"$root$conf"
    ! inside systemctl reload "$unit" 2>/dev/null || fail "a reload with a mistake in the file succeeds"
    same "after the refused reload" active "$(property ActiveState)"
    same "reloads that the daemon was asked for" "$1" "$(journal | grep -c event=full_requested)"
    sed -i '$d' "$root$conf"
}

# A daemon that does not move any more is replaced.
freeze() {
    local pid
    printf '[Service]\nWatchdogSec=2s\nRestartSec=100ms\n' >"$root/etc/systemd/system/$unit.d/watchdog.conf"
    inside systemctl daemon-reload
    inside systemctl restart "$unit" || fail "the service does not restart"
    pid=$(property MainPID)
    inside kill -STOP "$pid"
    wait_for "a new daemon" is_replaced "$pid"
    rm "$root/etc/systemd/system/$unit.d/watchdog.conf"
    inside systemctl daemon-reload
}
# is_replaced PID: both in one answer, else they may be of two moments, before and after the kill.
is_replaced() {
    local now
    now=$(inside systemctl show --property=ActiveState,MainPID "$unit")
    [[ $'\n'$now$'\n' == *$'\nActiveState=active\n'* && $'\n'$now$'\n' != *$'\nMainPID='@(0|"$1")$'\n'* ]]
}

upgrade() {
    local pid
    pid=$(property MainPID)
    make_newer_package
    dpkg_inside --install /debs/newer.deb
    same "running after the upgrade" active "$(property ActiveState)"
    [[ $(property MainPID) != "$pid" ]] || fail "the old version goes on after the upgrade"
    change_a_user 4712
    wait_for "a change after the upgrade" is_published 4712
}

remove() {
    # Told in the journal: by whom a log file, the watchdog's test, the upgrade and this make an end of.
    local clean_ends=4
    inside test -x /usr/sbin/logrotate || clean_ends=3
    dpkg_inside --remove "$daemon"
    same "processes after removal" "" "$(inside pgrep -f "^/usr/bin/$daemon" || true)"
    # Neither systemctl nor journalctl --sync waits for what a daemon wrote last.
    wait_for "$clean_ends clean ends" logged event=stopped "$clean_ends"
    same "clean ends" "$clean_ends" "$(journal | grep -c event=stopped)"
    same "unclean ends" "$unit: Failed with result 'watchdog'." "$(journal | grep 'Failed with result' || true)"
    same "records with the password" 0 "$(journal | grep -c sesame || true)"
    expect "the published files stay" test -s "$root$state/json/metadata.json"
}

main() {
    step "booting"
    make_packages daemon
    make_root
    boot --bind="$PGHOST:/srv/postgresql"
    step "installing"
    install_package
    prepare_warehouse
    require_password
    step "start, reload"
    start_service
    reload_service
    refuse_reload 1
    step "log rotation"
    rotate_log
    step "watchdog, upgrade, removal"
    freeze
    upgrade
    remove
    step "passed"
}

main
