#!/bin/bash
# Builds the host C programs of the tests into build/test: driver and the races (test/kernel), smb-traffic
# (test/hostile), write-request (test/fixtures). A program that is newer than its sources is not built again, so tests
# may call this often.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly headers=(bpf/request.h test/kernel/loaded.h test/kernel/cpus.h)

build() {
	local source=$1 out=build/test/$2 input
	shift 2
	for input in "$source" "${headers[@]}" "$0"; do
		[ "$out" -nt "$input" ] || break
	done
	if [ "$out" -nt "$input" ]; then
		return
	fi
	clang -O2 -Wall -Wextra -Werror "$source" -o "$out.$$" "$@"
	mv "$out.$$" "$out"
}

mkdir -p build/test
build test/kernel/driver.c driver -lbpf -lpthread
build test/kernel/race.c race -lbpf -lpthread
build test/kernel/race-operations.c race-operations -lbpf -lpthread
build test/hostile/smb-traffic.c smb-traffic -lbpf
build test/fixtures/write-request.c write-request
