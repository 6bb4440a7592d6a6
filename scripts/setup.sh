#!/bin/bash
# Prepares this machine: `setup.sh build`, `guest`, `packaging`, `operator` or `hostile`. Installs the missing Debian
# packages of packages-<list>.txt and, for build, the npm packages that package-lock.json pins. It first prints what it
# will install and the size, and asks once if a terminal is attached; without a terminal it continues. If nothing is
# missing it ends within milliseconds. It upgrades nothing, and on another distribution it prints the names of the
# packages and stops.
#
#   AOD_SETUP=skip   do not install Debian packages: for distributions on which this script would stop
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

readonly list=${1:?setup.sh build, guest, packaging, operator or hostile}
# Only the programs of these packages are needed. Their services must not start on this machine.
readonly unwanted_services=(prometheus.service prometheus-node-exporter.service)
# The checksums of the files that the npm packages were installed from; it disappears together with node_modules.
readonly npm_stamp=node_modules/.setup
readonly npm_sources=(package.json package-lock.json .npmrc)
# Measured with npm 11 and 9; the older one installs the builds for musl too.
readonly npm_size='250 to 350 MB on disk'

stop() {
	printf 'setup: %s\n' "$@" >&2
	exit 69
}

wanted_packages() {
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "scripts/packages-$list.txt" | sort
}

missing_packages() {
	# dpkg-query fails for an unknown name, which is expected here. Its format string is not a shell expression.
	# shellcheck disable=SC2016
	comm -23 <(wanted_packages) <(
		wanted_packages | xargs dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' 2>/dev/null |
			sed -n 's/ installed$//p' | sort -u
	)
}

npm_is_current() {
	[ "$list" != build ] || sha256sum --check --status "$npm_stamp" 2>/dev/null
}

is_debian_12() (
	# shellcheck source=/dev/null
	. /etc/os-release 2>/dev/null
	[ "${ID:-} ${VERSION_ID:-}" = 'debian 12' ]
)

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		stop "this needs root, and there is no sudo: $*"
	fi
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# A single unreachable mirror is no reason to stop: a missing package will fail later.
refresh_lists() {
	apt update || echo 'setup: apt-get update failed; continuing with the existing package lists' >&2
}

# Prints `N packages, X to download, Y on disk`; fails if apt does not know one of them.
price() {
	local plan
	# apt counts the answer no as a failure.
	plan=$(apt-get install --no-install-recommends --assume-no -o Debug::NoLocking=1 "$@" 2>/dev/null </dev/null) || true
	sed -nE -e 's/^.* ([0-9]+) newly installed.*/\1 packages/p' \
		-e 's/^Need to get ([^/]*\/)?(.*) of archives.*/\2 to download/p' \
		-e 's/^After this operation, (.*) of additional.*/\1 on disk/p' <<<"$plan" |
		paste -sd ',' | sed 's/,/, /g' | grep 'on disk'
}

# Asks if a user can answer; CI systems attach terminals that no one reads.
ask() {
	[ -t 0 ] && [ -t 2 ] && [ -z "${CI:-}" ] || return 0
	local answer=no
	read -r -p 'Continue? [Y/n] ' answer || true
	case $answer in
	'' | [Yy]*) ;;
	*) stop 'nothing was installed' ;;
	esac
}

missing=()
if [ "${AOD_SETUP:-}" != skip ]; then
	is_debian_12 || stop 'this machine is not Debian 12, the only distribution on which this was tried. These packages are needed (Debian names):' \
		"  $(wanted_packages | paste -sd ' ')" \
		'Install them with your package manager, then set AOD_SETUP=skip.'
	mapfile -t missing < <(missing_packages)
fi
if [ ${#missing[@]} = 0 ] && npm_is_current; then
	exit 0
fi
if [ "$list" = build ] && ! command -v npm >/dev/null; then
	stop 'npm is not installed: install Node.js 18 or later with npm (on Debian: apt-get install nodejs npm)'
fi

lists_are_new=no
if [ ${#missing[@]} != 0 ]; then
	if ! cost=$(price "${missing[@]}"); then
		refresh_lists
		lists_are_new=yes
		cost=$(price "${missing[@]}") || stop "apt does not know all of ${missing[*]}"
	fi
	echo "setup: will install from Debian: ${missing[*]} ($cost)" >&2
fi
npm_is_current || echo "setup: will install from npm, into node_modules/: the packages of package-lock.json ($npm_size)" >&2
ask

# This must run before the packages are installed, which would start and enable their services. If the host has a
# package already, its service is not touched.
mask_services() {
	local unit
	for unit in "${unwanted_services[@]}"; do
		[[ " ${missing[*]} " == *" ${unit%.service} "* ]] || continue
		as_root mkdir -p /etc/systemd/system
		[ -e "/etc/systemd/system/$unit" ] || as_root ln -sf /dev/null "/etc/systemd/system/$unit"
	done
}

if [ ${#missing[@]} != 0 ]; then
	mask_services
	# Old package lists name files that the mirrors no longer have.
	[ $lists_are_new = yes ] || refresh_lists
	apt install --no-install-recommends --yes "${missing[@]}" >/dev/null
fi
if ! npm_is_current; then
	npm ci --loglevel=error >/dev/null
	sha256sum "${npm_sources[@]}" >"$npm_stamp"
fi
