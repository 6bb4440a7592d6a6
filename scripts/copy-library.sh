#!/bin/bash
# Copies the machine's shared library of that name, copy-library.sh build/lib/libbpf.so.1: the file that the loader
# would take, links followed. aod carries it and loads it from memory, also where glibc is older than here. Beside it OUT.from
# says what that file is called: its version is part of the name.
set -euo pipefail
out=$1
name=$(basename "$out")

for folder in /usr/lib/"$(uname -m)-linux-gnu" /lib/"$(uname -m)-linux-gnu" /usr/lib64 /lib64 /usr/lib /lib; do
	if [ -e "$folder/$name" ]; then
		basename "$(readlink -f "$folder/$name")" >"$out.from"
		install -m 0644 "$folder/$name" "$out.new"
		"$(dirname "$0")/bun" "$(dirname "$0")/weaken-glibc.ts" "$out.new"
		exec mv "$out.new" "$out"
	fi
done
echo "copy-library: this machine has no $name" >&2
exit 69
