#!/bin/sh
#
# Tags the commit at hand as a release. The version is that of project() in CMakeLists.txt, which hands it over.
#
#   tag_release.sh VERSION

set -eu

version=$1
fail() {
    echo "tag_release: $1" >&2
    exit 1
}

[ -z "$(git status --porcelain)" ] || fail "there are changes that are not committed"
grep -q "^## \[$version\] - [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]\$" CHANGELOG.md ||
    fail "CHANGELOG.md has no day of release for $version: write it in place of 'unreleased', and commit that"
! git rev-parse --quiet --verify "refs/tags/v$version" >/dev/null || fail "v$version is tagged already"
git tag -a "v$version" -m "osm-notes-exportd $version"
echo "tag_release: v$version is $(git rev-parse --short HEAD); git push origin v$version makes it known"
