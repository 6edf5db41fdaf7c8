#!/bin/bash
#
# An ext4 of its own in a file, mounted: creating files in it does not depend on what was deleted elsewhere lately.
#
#   fresh_file_system.sh make IMAGE MOUNT_POINT GIGABYTES    exits 1 and says why where that is not possible
#   fresh_file_system.sh remove IMAGE MOUNT_POINT
#
# The file is sparse: it takes what is written to it.

set -euo pipefail

readonly USAGE="usage: fresh_file_system.sh make IMAGE MOUNT_POINT GIGABYTES | remove IMAGE MOUNT_POINT"

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

# Without a second copy of everything in the page cache, where the file's own file system can do that.
attach() { losetup -f --show --direct-io=on "$1" 2>/dev/null || losetup -f --show "$1" 2>/dev/null; }

make() {
    local image=$1 mount_point=$2 gigabytes=$3 device
    ((EUID == 0)) || fail "not root"
    command -v mkfs.ext4 >/dev/null || fail "no mkfs.ext4 (package e2fsprogs)"
    [[ ! -e $image ]] || fail "$image exists"
    mkdir -p "$mount_point"
    truncate -s "${gigabytes}G" "$image"
    # Nothing is left for the kernel to initialise while somebody measures.
    if mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "$image" >/dev/null 2>&1 &&
        device=$(attach "$image"); then
        if mount "$device" "$mount_point" 2>/dev/null; then
            # Takes effect with the end of the mount.
            losetup -d "$device"
            chmod 755 "$mount_point"
            return
        fi
        losetup -d "$device"
    fi
    rm -f "$image"
    fail "no loop device to mount"
}

remove() {
    local image=$1 mount_point=$2
    if mountpoint -q "$mount_point"; then
        umount "$mount_point"
    fi
    rm -f "$image"
}

case "$#:${1-}" in
4:make) make "$2" "$3" "$4" ;;
3:remove) remove "$2" "$3" ;;
*)
    printf '%s\n' "$USAGE" >&2
    exit 64
    ;;
esac
