# shellcheck shell=bash disable=SC2034
# What a package is called and when it was made, for the scripts beside it to source. In: build/version, the commit; out: the
# variables below. All times in packages are the commit's, so that two builds of it are the same bytes.
#
#   AOD_PACKAGE_VERSION   in place of the version that is worked out here
#   AOD_MAINTAINER        whom the packages name, as `Name <address>`

# The other vendor's packages of this name have no epoch: whatever their version, this is not an update of one by the other.
readonly epoch=1
readonly maintainer=${AOD_MAINTAINER:-The aod authors <aod@localhost.invalid>}
readonly summary='always-on diagnostics for SMB mounts'

read -r version commit <build/version
git=(git -c safe.directory="$PWD")
# Without a repository there is no commit to take the time of.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$("${git[@]}" log -1 --format=%ct 2>/dev/null || stat -c %Y package.json)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC

# A commit that has no tag of its version is on the way to it: it sorts before it, and by its time.
package_version=$version
if ! "${git[@]}" tag --points-at HEAD 2>/dev/null | grep -qx "v$version" || [[ $commit == *-dirty ]]; then
	package_version+="~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M).${commit//-/.}"
fi
package_version=${AOD_PACKAGE_VERSION:-$package_version}

# A file, and a folder with all that is in it, as of the commit.
set_times() {
	find "$@" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

# The newest glibc that the executable or a library inside it can't do without, such as 2.31: what the packages depend on. Weak
# references are none: scripts/weaken-glibc.ts.
needed_glibc() {
	objdump --dynamic-syms dist/aod build/lib/*.so build/lib/*.so.1 | grep -v '^[0-9a-f]* *w ' | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1 | sed 's/^GLIBC_//'
}
