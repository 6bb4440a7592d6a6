#!/bin/bash
# Builds zstd-napi's binding: build-zstd.sh OUT.so. The sources, and zstd itself, are in its npm package.
# Sources and defines are those of its binding.gyp and deps/zstd.gyp. The differences make one file that loads anywhere:
# libstdc++ and an unwinder inside, one exported name, headers of a pinned package in place of the machine's Node.js.
# The bytes must not depend on the checkout's path, nor on the order in which the compilers finish.
set -euo pipefail
out=$(realpath -m "$1")
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
cd "$(dirname "$0")/../node_modules/zstd-napi"

readonly common=(-O3 -DNDEBUG -D_FORTIFY_SOURCE=2 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections
	-Ideps/zstd/lib)
readonly zstd=(-DXXH_NAMESPACE=ZSTD_ -DZSTDERRORLIB_VISIBLE= -DZSTDLIB_VISIBLE= -DZSTD_MULTITHREAD -DZSTD_NO_TRACE)
# NAPI_VERSION: "napi_versions" of its package.json; the 3 in binding.gyp is only the default.
readonly binding=(-std=c++17 -fexceptions -I../node-addon-api -I../node-api-headers/include -DNAPI_VERSION=8
	-DNODE_ADDON_API_DISABLE_DEPRECATED -DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
	-DNODE_API_NO_EXTERNAL_BUFFERS_ALLOWED)

for source in deps/zstd/lib/{common,compress,decompress}/*.[cS] src/*.cc; do
	case $source in
	*.cc) echo clang++ "${common[@]}" "${binding[@]}" -c "$source" -o "$objects/$(basename "$source").o" ;;
	*) echo clang "${common[@]}" "${zstd[@]}" -c "$source" -o "$objects/$(basename "$source").o" ;;
	esac
done | xargs -P "$(nproc)" -I{} sh -c '{}'

# glibc 2.34 moved libpthread and libdl into libc and gave their functions a new version, which older ones lack. The old
# names still exist: a file that is linked to these stand-ins finds them on any glibc.
base=GLIBC_2.2.5
[ "$(uname -m)" = x86_64 ] || base=GLIBC_2.17
stand_in() {
	local soname=$1
	shift
	printf 'void %s(void) {}\n' "$@" >"$objects/stand-in.c"
	echo "$base { global: $(printf '%s; ' "$@") local: *; };" >"$objects/stand-in.map"
	clang -shared -nostdlib -w -fPIC -fno-builtin "$objects/stand-in.c" -Wl,-soname,"$soname" \
		-Wl,--version-script="$objects/stand-in.map" -o "$objects/$soname"
}
stand_in libpthread.so.0 pthread_create pthread_join pthread_rwlock_{rdlock,wrlock,unlock}
stand_in libdl.so.2 dladdr
# libstdc++ asks glibc 2.32 whether the process has only one thread. 0 means that it may have more, which is always
# right.
echo '__attribute__((visibility("hidden"))) char __libc_single_threaded;' |
	clang -x c -fPIC -c - -o "$objects/single-threaded.o"

echo '{ global: napi_register_module_v1; node_api_module_get_api_version_v1; local: *; };' >"$objects/exports.map"
# LLVM's unwinder replaces libgcc's, which needs a function that glibc has only since 2.35; RHEL 9 has 2.34.
clang++ -shared -s -nodefaultlibs "$objects"/*.o -Wl,-Bstatic -lstdc++ -lunwind -Wl,-Bdynamic \
	"$objects"/lib{pthread.so.0,dl.so.2} -lgcc -lc -lm \
	-Wl,--version-script="$objects/exports.map" -Wl,--gc-sections -Wl,--build-id=none -Wl,--as-needed \
	-Wl,-z,noexecstack,-z,relro,-z,now -o "$out.new"
# The versions of the parts inside; the paths of the compilers contain them.
{
	echo "libstdc++ $(clang++ -print-file-name=libstdc++.a | sed -nE 's#.*/([0-9]+)/libstdc\+\+\.a$#\1#p')"
	echo "libunwind $(readlink -f "$(clang++ -print-file-name=libunwind.a)" | sed -nE 's#.*/llvm-([0-9]+)/.*#\1#p')"
} >"$out.from"
mv "$out.new" "$out"
