#!/bin/bash
# Imitates a machine with glibc and nothing else: bare-root.sh EXECUTABLE ARGUMENT... runs a copy of the executable in a
# read-only file system of its own, without libbpf, libelf, zlib, libstdc++, HOME and a shell, with a noexec /tmp. It
# needs root. The mounts are in a namespace of their own and disappear with it.
set -euo pipefail

if [ "$1" != --inside ]; then
	root=$(mktemp -d)
	trap 'rmdir "$root"' EXIT
	unshare --mount --propagation private "$0" --inside "$root" "$@"
	exit
fi
root=$2 executable=$3
shift 3

mount -t tmpfs -o mode=0755 tmpfs "$root"
mkdir -p "$root"/{usr/bin,etc,proc,sys,dev,tmp}
cp "$executable" "$root/usr/bin/aod"

# All libraries of glibc that a program can be linked to, by the names that the loader uses.
glibc='ld-linux-.*\.so|libc\.so|libm\.so|libdl\.so|libpthread\.so|librt\.so|libresolv\.so'
ldconfig -p | sed -nE "s#^\s*($glibc)[.0-9]* \(libc6,(x86-64|AArch64).* => (.*)#\3#p" | sort -u |
	while read -r library; do
		mkdir -p "$root$(dirname "$library")"
		cp --dereference "$library" "$root$library"
	done
interpreter=$(readelf --program-headers "$executable" | sed -nE 's/.*program interpreter: (.*)\]/\1/p')
mkdir -p "$root$(dirname "$interpreter")"
cp --dereference "$interpreter" "$root$interpreter"

cat >"$root/etc/example.yaml" <<-'END'
	aod_output_dir: /tmp/aod
	guardian:
	  anomalies:
	    slow: { type: Latency, acceptable_count: 10 }
END
sed 's/Latency/Latancy/' "$root/etc/example.yaml" >"$root/etc/wrong.yaml"
mount --rbind /proc "$root/proc"
mount --rbind /sys "$root/sys"
for device in null zero random urandom; do
	touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t tmpfs -o noexec,nosuid,nodev tmpfs "$root/tmp"
mount -o remount,ro "$root"

cd /
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ${AOD_REQUIRE_BPF:+AOD_REQUIRE_BPF="$AOD_REQUIRE_BPF"} \
	chroot "$root" /usr/bin/aod "$@"
