#!/bin/bash
# Makes a file system for installing packages: make-root.sh FOLDER. It has Debian 12 with systemd and nothing else, from
# the package sources of this machine's apt. An existing folder is kept. It needs root.
set -euo pipefail
folder=$1
[ ! -d "$folder" ] || exit 0
unfinished=$(mktemp -d "$folder.XXXXXX")
# These are variables of apt, not of the shell.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
	awk '$2 == "bookworm" { print $1; exit }')
[ -n "$mirror" ] || { echo 'make-root: apt knows no package source for bookworm' >&2 && exit 69; }
debootstrap --variant=minbase --include=systemd bookworm "$unfinished" "$mirror" >"$unfinished.log" 2>&1 || {
	tail -n 20 "$unfinished.log" >&2
	rm -rf "$unfinished" "$unfinished.log"
	exit 70
}
chmod 0755 "$unfinished"
rm -rf "$unfinished.log" "$unfinished"/var/cache/apt/* "$unfinished"/var/lib/apt/lists/*
mv "$unfinished" "$folder"
