#!/bin/bash
# Keeps FILE, version.sh FILE, at one line `VERSION COMMIT`, and leaves it alone where that is what it says: what is
# built from it is built again only when it changes. COMMIT ends in `-dirty` where the tree differs from it, and is
# `unknown` outside a repository.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")/.."

version=$(sed -nE 's/^  "version": "(.*)",$/\1/p' package.json)
# A checkout that belongs to somebody else (`sudo make`) is still the right one to ask.
git=(git -c safe.directory="$PWD")
commit=$("${git[@]}" rev-parse --short=12 HEAD 2>/dev/null) || commit=unknown
if [ "$commit" != unknown ] && [ -n "$("${git[@]}" status --porcelain --untracked-files=no)" ]; then
	commit+=-dirty
fi

line="$version $commit"
if [ "$(cat "$out" 2>/dev/null)" != "$line" ]; then
	mkdir -p "$(dirname "$out")"
	echo "$line" >"$out"
fi
