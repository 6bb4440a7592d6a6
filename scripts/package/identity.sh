# shellcheck shell=bash disable=SC2034
# Names, versions and times of the packages, for the scripts beside it to source, from build/version and the commit. All
# times in packages are the commit's, so that two builds of it are the same bytes.
#
#   AOD_PACKAGE_VERSION   replaces the version that is computed here
#   AOD_MAINTAINER        the maintainer of the packages, `Name <address>`

# The other vendor's packages of this name have no epoch, so none of their versions is an update of this package.
readonly epoch=1
readonly maintainer=${AOD_MAINTAINER:-The aod authors <aod@localhost.invalid>}
readonly summary='always-on diagnostics for SMB mounts'

read -r version commit <build/version
git=(git -c safe.directory="$PWD")
# Without a repository there is no commit, and the time is that of package.json.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$("${git[@]}" log -1 --format=%ct 2>/dev/null || stat -c %Y package.json)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC

# A commit without a tag of its version sorts before that version, and by its time.
package_version=$version
if ! "${git[@]}" tag --points-at HEAD 2>/dev/null | grep -qx "v$version" || [[ $commit == *-dirty ]]; then
	package_version+="~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M).${commit//-/.}"
fi
package_version=${AOD_PACKAGE_VERSION:-$package_version}

# Sets the times of files, and of folders with their contents, to that of the commit.
set_times() {
	find "$@" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

# The newest glibc that the executable or a library inside it needs, such as 2.31: the packages depend on it. Weak
# references do not count: scripts/weaken-glibc.ts.
needed_glibc() {
	objdump --dynamic-syms dist/aod build/lib/*.so build/lib/*.so.1 | grep -v '^[0-9a-f]* *w ' | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1 | sed 's/^GLIBC_//'
}
