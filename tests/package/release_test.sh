#!/bin/bash
#
# What names a version: the packages that distribution they are made on, and a tag the version of project().
#
#   release_test.sh SOURCE_DIR CMAKE

set -euo pipefail

readonly source=$1 cmake=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    printf 'failed: %s\n' "$1"
    exit 1
}
# same WHAT EXPECTED GOT
same() {
    [[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"
}

# release_on LINES...: the release of a package that is made on a system with this /etc/os-release.
release_on() {
    printf '%s\n' "$@" >"$scratch/os-release"
    cat >"$scratch/ask.cmake" <<END
set(CPACK_OS_RELEASE $scratch/os-release)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
include($source/systemd/debian/package_release.cmake)
message("\${CPACK_DEBIAN_PACKAGE_RELEASE}")
END
    "$cmake" -P "$scratch/ask.cmake" 2>&1
}

names_the_distribution() {
    same "Debian 12" "1~deb12" "$(release_on 'PRETTY_NAME="Debian"' ID=debian 'VERSION_ID="12"')"
    same "Debian 13" "1~deb13" "$(release_on 'VERSION_ID="13"' ID=debian)"
    same "Ubuntu" "1~ubuntu24.04" "$(release_on ID=ubuntu ID_LIKE=debian 'VERSION_ID="24.04"')"
    same "a release that is being made" "1" "$(release_on ID=debian VERSION_CODENAME=sid)"
    same "a name with letters that no version may have" "1~linuxmint22.1" "$(release_on 'ID="linux-mint"' "VERSION_ID='22.1'")"
    if command -v dpkg >/dev/null; then
        dpkg --compare-versions "0.2.0-1~deb12" lt "0.2.0-1~deb13" || fail "an upgrade of Debian finds no newer package"
        dpkg --compare-versions "0.2.0-1~deb13" lt "0.2.0-2~deb12" || fail "a newer package is not newer"
    fi
}

# A repository that is ready for release: tag_release.sh and a dated changelog, committed.
make_repository() {
    repository=$scratch/repository
    git init -q "$repository"
    cp "$source/systemd/debian/tag_release.sh" "$repository"
    printf '# Changelog\n\n## [7.1.0] - %s\n\n## [7.0.0] - 2026-01-02\n' "$1" >"$repository/CHANGELOG.md"
    git -C "$repository" add -A
    git -C "$repository" commit -qm "All of it"
}
tag() {
    (cd "$repository" && ./tag_release.sh "$1") 2>&1
}
refused() {
    local output
    ! output=$(tag "$2") || fail "$1: tagged"
    [[ $output == *"$3"* ]] || fail "$1: $output"
}

tags_the_version() {
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
    make_repository unreleased
    refused "a version that is not released" 7.1.0 "no day of release for 7.1.0"
    sed -i 's/unreleased/2026-02-03/' "$repository/CHANGELOG.md"
    refused "changes that are not committed" 7.1.0 "not committed"
    git -C "$repository" commit -qam "Released"
    tag 7.1.0 >/dev/null || fail "the version is not tagged"
    same "the tag" "osm-notes-exportd 7.1.0" "$(git -C "$repository" tag -l --format='%(contents:subject)' v7.1.0)"
    refused "a second tag" 7.1.0 "tagged already"
}

# A tag of this checkout that is about another version than its sources.
agrees_with_its_tag() {
    local version tagged
    version=$(sed -n 's/^project(.* VERSION \([0-9.]*\) .*/\1/p' "$source/CMakeLists.txt")
    [[ -n $version ]] || fail "no version in CMakeLists.txt"
    tagged=$(git -c safe.directory="$source" -C "$source" tag --points-at HEAD -l 'v*' 2>/dev/null || true)
    [[ -z $tagged || $tagged == "v$version" ]] || fail "the commit is tagged $tagged, its version is $version"
}

names_the_distribution
tags_the_version
agrees_with_its_tag
echo "passed"
