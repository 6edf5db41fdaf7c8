#!/bin/bash
#
# Installs the packages that are missing, on Debian 12, Debian 13 or Ubuntu 24.04. Nothing to do means no root needed.
#
#   install_packages.sh build    to build the daemon and its packages
#   install_packages.sh demo     also to run daemon/demo.sh: a PostgreSQL server
#   install_packages.sh test     also to run the tests
#   install_packages.sh ci       also for the second compiler, its checks and the fuzz targets

set -euo pipefail

# These names exist in all three distributions.
readonly BUILD=(g++ cmake ninja-build pkg-config git libpq-dev rapidjson-dev libboost-dev libboost-log-dev
    libboost-program-options-dev libre2-dev libsystemd-dev prometheus-cpp-dev libcurl4-openssl-dev libssl-dev libexpat1-dev
    libbrotli-dev libdeflate-dev zlib1g-dev dpkg-dev file)
readonly DEMO=("${BUILD[@]}" postgresql)
readonly TEST=("${DEMO[@]}" acl brotli btrfs-progs catch2 e2fsprogs fish groff-base libnginx-mod-http-brotli-static lintian
    logrotate mandoc memcached nginx-light openssh-client openssh-server openssl pgbouncer procps prometheus python3
    python3-jsonschema python3-psycopg2 rclone s3cmd swift-account swift-container swift-object swift-proxy systemd
    systemd-container varnish xfsprogs zsh)
# Only this version is what the checks were written for.
readonly CI=("${TEST[@]}" clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev)

fail() {
    printf 'install_packages: %s\n' "$1" >&2
    exit 1
}

installed() {
    # A server of any version will do, also one without the package that pulls in the newest.
    if [[ $1 == postgresql ]] && compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
        return 0
    fi
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "not root and no sudo; let an administrator run: apt-get install $missing"
    fi
}

# The server package would create and start a cluster named "main", which nobody here asked for. A machine that has the
# packages already, or an administrator's own settings, stays as it is. The rule stands only as long as the installation: a
# version of PostgreSQL that is installed later gets its cluster as always.
readonly CLUSTER_RULES=/etc/postgresql-common/createcluster.d CLUSTER_RULE=no-main-cluster.conf

forbid_main_cluster() {
    if [[ -e ${CLUSTER_RULES%.d}.conf || -e $CLUSTER_RULES/$CLUSTER_RULE ]]; then
        return
    fi
    echo "install_packages: $CLUSTER_RULES/$CLUSTER_RULE is written, so that no cluster \"main\" is made; it goes at the end"
    as_root mkdir -p "$CLUSTER_RULES"
    echo "create_main_cluster = false" | as_root tee "$CLUSTER_RULES/$CLUSTER_RULE" >/dev/null
    rules+=("$CLUSTER_RULES/$CLUSTER_RULE")
}

# Packages of servers would start them, now and at every boot; the tests start their own. The rule stands only as long as
# the installation, and not where an administrator has one.
readonly START_RULE=/usr/sbin/policy-rc.d
# Package, or package:service where the names differ.
readonly SERVERS=(memcached nginx-light:nginx openssh-server:ssh pgbouncer postgresql prometheus swift-proxy varnish
    varnish:varnishncsa
    swift-account{,:swift-account-{auditor,reaper,replicator}}
    swift-container{,:swift-container-{auditor,reconciler,replicator,sharder,sync,updater}}
    swift-object{,:swift-object-{auditor,reconstructor,replicator,updater}})

start_no_server() {
    if [[ -e $START_RULE ]]; then
        return
    fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$START_RULE" >/dev/null
    as_root chmod 755 "$START_RULE"
    rules+=("$START_RULE")
}

# What was written for the time of the installation.
rules=()
take_back_rules() {
    ((${#rules[@]} == 0)) || as_root rm -f "${rules[@]}"
}
trap take_back_rules EXIT

# disable_servers PACKAGE...: of those that were installed just now.
disable_servers() {
    local server package service
    for server in "${SERVERS[@]}"; do
        package=${server%:*} service=${server#*:}
        if [[ " $* " == *" $package "* ]] && command -v systemctl >/dev/null; then
            if as_root systemctl --quiet disable "$service.service"; then
                echo "install_packages: $service.service is disabled; it was not asked for"
            else
                echo "install_packages: $service.service stays enabled" >&2
            fi
        fi
    done
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -qq -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Use-Pty=0 "$@"
}

main() {
    local -a wanted
    case "$#:${1-}" in
    1:build) wanted=("${BUILD[@]}") ;;
    1:demo) wanted=("${DEMO[@]}") ;;
    1:test) wanted=("${TEST[@]}") ;;
    1:ci) wanted=("${CI[@]}") ;;
    *)
        echo "usage: install_packages.sh build|demo|test|ci" >&2
        exit 64
        ;;
    esac
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        fail "this is no Debian or Ubuntu; install the equivalents of these packages yourself: ${wanted[*]}"
    fi

    local package missing=""
    for package in "${wanted[@]}"; do
        installed "$package" || missing+="${missing:+ }$package"
    done
    if [[ -z $missing ]]; then
        return
    fi
    printf 'installing: %s\n' "$missing"
    if [[ " $missing " == *" postgresql "* ]]; then
        forbid_main_cluster
    fi
    # One broken source of many must not stop us; what cannot be installed is an error below.
    apt update || echo "install_packages: apt-get update failed, going on with the lists at hand" >&2
    start_no_server
    # shellcheck disable=SC2086 # a list of words
    apt install -y --no-install-recommends $missing || fail "apt-get could not install: $missing"
    # shellcheck disable=SC2086
    disable_servers $missing
}

main "$@"
