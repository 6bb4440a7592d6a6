#!/bin/bash
# Links one executable: build-aod.sh OUT. It contains the sources, the files that they import (libraries, BPF objects),
# the versions of all these, and bun itself. One commit gives the same bytes in every folder.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")/.."
read -r version commit <build/version
inside=$(scripts/bun -e 'import { headline } from "./scripts/package/parts.ts";
	console.log(JSON.stringify(headline(JSON.parse(require("fs").readFileSync("build/parts.json", "utf8")))))')

# The name of the file becomes part of its contents, so it is always `aod`. The source maps are embedded too, so that
# stack traces name lines of src/; the copies beside the executable are not needed.
folder=$(mktemp -d "${TMPDIR:-/tmp}/aod-build.XXXXXX")
trap 'rm -rf "$folder"' EXIT
scripts/bun build --compile --splitting --bytecode --format=esm --sourcemap=linked --outfile "$folder/aod" \
	--no-compile-autoload-dotenv --no-compile-autoload-bunfig \
	--define "AOD_VERSION=\"$version\"" --define "AOD_COMMIT=\"$commit\"" --define "AOD_INSIDE=$inside" \
	src/main.ts src/*/worker.ts >"$folder/log" 2>&1 || {
	cat "$folder/log" >&2
	exit 1
}
mkdir -p "$(dirname "$out")"
# Renaming leaves the file of a running aod intact.
mv "$folder/aod" "$out.new"
mv "$out.new" "$out"
