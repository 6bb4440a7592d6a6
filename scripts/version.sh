#!/bin/bash
# Writes the line `VERSION COMMIT` to FILE: version.sh FILE. It does not touch a file that has this line already, so
# that make builds again only after a change. COMMIT ends in `-dirty` if the tree differs from it, and is `unknown`
# outside a repository.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")/.."

version=$(sed -nE 's/^  "version": "(.*)",$/\1/p' package.json)
# With `sudo make` the checkout belongs to another user; git must read it all the same.
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
