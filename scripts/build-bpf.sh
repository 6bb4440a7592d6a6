#!/bin/bash
# Builds the BPF programs: build-bpf.sh [OUT_DIR] makes aod.bpf.o and aod-plain.bpf.o there (see bpf/memory.h), by
# default in build/bpf. It keeps BTF and removes other debug information. The bytes do not depend on the checkout's
# path.
set -euo pipefail
out=$(realpath -m "${1:-$(dirname "$0")/../build/bpf}")
cd "$(dirname "$0")/.."

machine=$(uname -m)
case $machine in
x86_64) arch=x86 ;;
aarch64) arch=arm64 ;;
*) arch=$machine ;;
esac

# Debian has <asm/types.h>, which the kernel's headers include, in this second folder.
readonly flags=(--target=bpf -O2 -g -Wall -Wextra -Werror -D"__TARGET_ARCH_$arch"
	-idirafter "/usr/include/$machine-linux-gnu" "-ffile-prefix-map=$PWD=.")

build() {
	local name=$1
	shift
	clang "${flags[@]}" "$@" -c bpf/aod.bpf.c -o "$out/$name.new"
	# libbpf's linker removes the DWARF, also from a single file.
	bpftool gen object "$out/$name" "$out/$name.new"
	rm "$out/$name.new"
}

mkdir -p "$out"
build aod.bpf.o -mcpu=v3
build aod-plain.bpf.o -mcpu=v2 -DAOD_PLAIN
