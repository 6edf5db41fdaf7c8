#!/bin/bash
#
# Builds and tests this checkout on another release of Debian or Ubuntu, in a root of its own.
#
#   build_on.sh [--mirror URL] [--like SUITE] [--tests unit|all] [--jobs N] SUITE DIRECTORY
#
#   build_on.sh trixie /var/tmp/trixie
#   build_on.sh --mirror URL --like jammy noble /var/tmp/noble
#
# SUITE is what debootstrap calls it, such as trixie or noble; one that is younger than this debootstrap is made --like an
# older one. DIRECTORY is where its root is made; one that is there is used again. Without --mirror: the one that debootstrap
# knows. Needs root, debootstrap, mount namespaces and a mirror that
# answers; else exits 77 (skipped) with the reason. What is tested is what is committed. For the whole machine's sake:
# nice -n 19.

set -euo pipefail

readonly USAGE="usage: build_on.sh [--mirror URL] [--like SUITE] [--tests unit|all] [--jobs N] SUITE DIRECTORY"
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly repo
arguments=("$@")
mirror="" like="" tests=unit jobs=$(nproc) suite="" root=""

usage_error() {
    printf 'build_on.sh: %s\n%s\n' "$1" "$USAGE" >&2
    exit 64
}

skip() {
    printf 'skipped: %s\n' "$1"
    exit 77
}

fail() {
    printf 'build_on.sh: %s\n' "$1" >&2
    exit 1
}

step() {
    printf '%5d s  %s\n' "$SECONDS" "$1"
}

parse_options() {
    local -a words=()
    while (($# > 0)); do
        case $1 in
        --mirror | --like | --tests | --jobs)
            (($# > 1)) || usage_error "$1 needs a value"
            case $1 in
            --mirror) mirror=$2 ;;
            --like) like=$2 ;;
            --tests) tests=$2 ;;
            --jobs) jobs=$2 ;;
            esac
            shift 2
            ;;
        -*) usage_error "unknown option $1" ;;
        *)
            words+=("$1")
            shift
            ;;
        esac
    done
    ((${#words[@]} == 2)) || usage_error "give a suite and a directory"
    [[ $tests == unit || $tests == all ]] || usage_error "--tests is unit or all"
    [[ $jobs =~ ^[1-9][0-9]?$ ]] || usage_error "--jobs is a number"
    suite=${words[0]} root=${words[1]}
    [[ $suite =~ ^[a-z]+$ ]] || usage_error "a suite is a word such as trixie"
    [[ $root == /* && $root != / ]] || usage_error "the directory is an absolute path, and not that of this machine"
}

# Begins again in a mount namespace: however this ends, nothing has to be unmounted.
in_namespace() {
    [[ ${IN_NAMESPACE-} != yes ]] || return 0
    ((EUID == 0)) || skip "needs root"
    unshare --mount --pid --fork true 2>/dev/null || skip "no namespaces for mounts and processes here"
    IN_NAMESPACE=yes exec unshare --mount --pid --fork --kill-child "$0" "${arguments[@]}"
}

make_root() {
    [[ ! -e $root/etc/os-release ]] || return 0
    command -v debootstrap >/dev/null || skip "no debootstrap"
    local rules=/usr/share/debootstrap/scripts/${like:-$suite}
    [[ -e $rules ]] || skip "this debootstrap does not know ${like:-$suite}; --like names a suite that it knows"
    # What --variant=minbase leaves out is installed with the rest. An empty mirror: debootstrap has one of its own.
    debootstrap --variant=minbase "$suite" "$root" "$mirror" "$rules" >"$root.log" 2>&1 || {
        tail -n 3 "$root.log"
        skip "no root of $suite from ${mirror:-the mirror that debootstrap knows}; see $root.log"
    }
}

# Parts of Ubuntu that are no part of a minimal root: what the build needs is in there.
all_components() {
    if grep -q '^ID=ubuntu' "$root/etc/os-release"; then
        sed -i 's/^\(deb .* main\)$/\1 universe/' "$root/etc/apt/sources.list"
    fi
}

inside() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

furnish_root() {
    # Nobody misses it when this machine loses power in between, and it takes half the time.
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    mount -t proc proc "$root/proc"
    mount --rbind --make-rslave /dev "$root/dev"
    mount --rbind --make-rslave /sys "$root/sys"
    # As in a container; file systems and locks in it are what the tests are about.
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
    # Sanitizers, groups of processes and this machine's name: as they are here.
    printf '127.0.0.1 localhost %s\n::1 localhost\n' "$(uname -n)" >"$root/etc/hosts"
}

copy_sources() {
    mkdir -p "$root/src"
    # What went from the sources must go here; the build stays.
    find "$root/src" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    git -c safe.directory="$repo" -C "$repo" archive HEAD | tar -x -C "$root/src"
}

say_versions() {
    # shellcheck disable=SC2016 # for the shell inside
    inside sh -c '. /etc/os-release; echo "$PRETTY_NAME"; g++ --version | head -n 1; cmake --version | head -n 1
        dpkg-query -W -f "\${Package} \${Version}\n" libboost-dev catch2 libpq-dev rapidjson-dev libre2-dev libssl-dev \
            prometheus-cpp-dev "postgresql-[0-9]*" systemd 2>/dev/null | grep -v " $"'
}

run_tests() {
    local -a which=(--label-exclude '^db')
    [[ $tests == unit ]] || which=()
    inside ctest --test-dir /src/build/dev --output-on-failure --parallel "$jobs" "${which[@]}" 2>&1 |
        tee "$root/src/build/tests.log" | grep -vE '^ *(Start |[0-9]+/[0-9]+ Test .* Passed )'
}

main() {
    parse_options "$@"
    in_namespace
    step "a root of $suite in $root"
    make_root
    furnish_root
    all_components
    copy_sources
    step "packages"
    inside /src/tests/support/install_packages.sh test || fail "the packages cannot be installed"
    # Of the servers' one setting in common Ubuntu leaves the making to the administrator.
    [[ ! -d $root/etc/swift || -e $root/etc/swift/swift.conf ]] ||
        printf '[swift-hash]\nswift_hash_path_suffix = test\n' >"$root/etc/swift/swift.conf"
    say_versions
    step "building"
    inside cmake -S /src --preset dev || fail "configuring failed"
    inside cmake --build /src/build/dev --parallel "$jobs" || fail "the build failed"
    step "testing"
    run_tests || fail "tests failed; all their output is in $root/src/build/tests.log"
    step "packages of our own"
    inside sh -c 'cd /src/build/dev && cpack && ls -l *.deb' || fail "no packages"
    step "passed"
}

main "$@"
