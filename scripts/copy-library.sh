#!/bin/bash
# Copies the machine's shared library: copy-library.sh build/lib/libbpf.so.1. It takes the file that the loader would
# take, and follows links. aod contains the library and loads it from memory, also on hosts with an older glibc.
# OUT.from beside the copy has the name of the original file, which contains its version.
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
echo "copy-library: this machine does not have $name" >&2
exit 69
