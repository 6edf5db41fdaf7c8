# shellcheck shell=bash disable=SC2154 # root and scratch are those of throw_away_root.sh
#
# Sourced after throw_away_root.sh: a systemd that boots in a container on the throw-away root. It needs systemd-nspawn,
# nsenter and pgrep. Where none can boot the test is skipped, with what was said.

container_pid="" leader_pid=""

inside() {
    nsenter --target "$leader_pid" --all -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 SYSTEMD_PAGER= \
        DEBIAN_FRONTEND=noninteractive "$@"
}

is_booted() {
    leader_pid=$(pgrep --parent "$container_pid") && [[ $(inside systemctl is-system-running) =~ running|degraded ]]
}

# boot [OPTION OF SYSTEMD-NSPAWN...]
boot() {
    rm -f "$root/usr/sbin/policy-rc.d" # keeps packages from starting services, in images and on build machines
    systemd-nspawn --directory="$root" --boot --quiet --register=no --keep-unit --link-journal=no --console=pipe \
        "$@" systemd.unit=basic.target </dev/null >"$scratch/boot.log" 2>&1 &
    container_pid=$!
    local tries=0
    until is_booted 2>/dev/null; do
        if ((++tries > 1200)) || ! kill -0 "$container_pid" 2>/dev/null; then
            skip "no systemd boots here: $(tail -n 1 "$scratch/boot.log")"
        fi
        read -rt 0.05 <> <(:) || true
    done
}

power_off() {
    [[ -z $leader_pid ]] || kill -KILL "$leader_pid" 2>/dev/null || true
    [[ -z $container_pid ]] || wait "$container_pid" 2>/dev/null || true
}

unit_property() {
    inside systemctl show --value --property="$2" "$1"
}
