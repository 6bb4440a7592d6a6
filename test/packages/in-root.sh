#!/bin/bash
# Runs a command in a file system of its own: in-root.sh FOLDER COMMAND... It has /proc, a few devices and no network.
# The mounts are in a namespace of their own and disappear with it.
set -euo pipefail
if [ "$1" != --inside ]; then
	exec unshare --mount --net --pid --fork --propagation private "$0" --inside "$@"
fi
root=$2
shift 2
mount -t proc proc "$root/proc"
for device in null zero random urandom; do
	[ -e "$root/dev/$device" ] || touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -p "$root/dev/pts"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root \
	DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
