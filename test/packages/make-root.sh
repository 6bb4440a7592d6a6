#!/bin/bash
# A root to install into, make-root.sh FOLDER: Debian 12 with systemd and nothing else, from where this machine's apt gets its
# packages. One that is there stays; it takes root to make.
set -euo pipefail
folder=$1
[ ! -d "$folder" ] || exit 0
unfinished=$(mktemp -d "$folder.XXXXXX")
# apt's own variables, not the shell's.
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
