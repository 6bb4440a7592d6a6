#!/bin/bash
# Builds the files from which a guest boots, and prints their folder: vmlinuz, initrd.img and modules.ext4 of one Debian
# kernel, and root.ext4, which all kernels share.
#
#   scripts/guest/build.sh KERNEL [systemd]    KERNEL is 5.10, 6.1 or 6.12; with systemd as PID 1: root-systemd.ext4
#
# All output is in build/guest/, in folders named after the hash of their inputs, so that a second call downloads and
# builds nothing. Nothing is installed on this machine. The kernel and the root file system come from the package
# sources that this machine's apt already uses. 5.10, the oldest kernel for aod, belongs to the previous Debian; its
# packages are looked up separately, and this machine's apt stays as it is.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin # for mke2fs, debootstrap and depmod: users do not have these folders in their PATH
cd "$(dirname "$0")/../.."

kernel=${1:?usage: build.sh KERNEL [systemd]}
flavour=${2:-}
suite=bookworm
# The packages of the guest's root file system beside Debian's minimal base. Samba brings Python, which the scenarios
# use.
guest_packages=samba,cifs-utils,dmsetup,kmod,iproute2,procps,strace,tcpdump,zstd
case $flavour in
# keyutils resolves the host names of DFS referrals; the two libraries are those of ksmbd-tools.
'') guest_packages+=,keyutils,libglib2.0-0,libnl-genl-3-200 ;;
systemd) guest_packages+=,dbus,systemd,systemd-sysv ;;
*)
	echo "build.sh: a root file system is built with systemd or without, not with $flavour" >&2
	exit 64
	;;
esac
# The modules that find the disks and the root file system, before any module can be read from these.
boot_modules="virtio_pci virtio_blk ext4"

# The cloud flavour has cifs, netem and BTF, and a third of the size. Each series has its own meta package.
older_suite=
case $kernel in
5.10) meta=linux-image-cloud-amd64 older_suite=bullseye ;;
6.1) meta=linux-image-cloud-amd64 ;;
6.12) meta=linux-image-6.12-cloud-amd64 ;;
*)
	echo "build.sh: unknown kernel $kernel; known are 5.10, 6.1 and 6.12" >&2
	exit 64
	;;
esac

say() { echo "guest: $*" >&2; }
hash_of() { sha256sum | cut -c1-12; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Makes FOLDER by calling a function with an unfinished folder beside it, so that FOLDER is always complete.
make_folder() {
	local folder=$1 builder=$2 unfinished
	[ -d "$folder" ] && return
	unfinished=$(mktemp -d "$folder.XXXXXX")
	# In the background, because bash ignores errexit inside a command that `if` or `||` tests.
	"$builder" "$unfinished" >"$unfinished.log" 2>&1 &
	if ! wait $!; then
		say "building $folder failed:"
		tail -n 30 "$unfinished.log" >&2
		as_root rm -rf "$unfinished" "$unfinished.log"
		exit 70
	fi
	mv "$unfinished" "$folder"
	mv "$unfinished.log" "$folder/build.log"
}

# The mirror from which this machine's apt gets SUITE.
mirror_of() {
	local mirror
	# These are variables of apt, not of the shell.
	# shellcheck disable=SC2016
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
		awk -v suite="$1" '$2 == suite { print $1; exit }')
	[ -n "$mirror" ] || { echo "apt knows no package source for $1" >&2 && return 1; }
	echo "$mirror"
}

# Sets up an apt that knows only SUITE, in build/guest/SUITE/, and sets `apt_options` for it. Signatures are checked
# against this machine's keys of Debian.
use_older() {
	local suite=$1 folder=$PWD/build/guest/$1 mirror security
	mirror=$(mirror_of bookworm)
	security=$(mirror_of bookworm-security)
	mkdir -p "$folder"/{lists,cache/archives}/partial
	printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s main\n' \
		"$mirror $suite" "$security $suite-security" >"$folder/sources.list"
	apt_options=(-o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User="$(id -un)")
	[ -z "$(find "$folder/asked" -mtime -1 2>/dev/null)" ] || return 0
	if apt-get "${apt_options[@]}" update >&2; then
		touch "$folder/asked"
	else
		say "apt-get update for $suite failed; continuing with the existing package lists"
	fi
}

build_root() {
	local folder=$1 mirror
	mirror=$(mirror_of "$suite")
	as_root debootstrap --variant=minbase --include="$guest_packages" "$suite" "$folder/tree" "$mirror"
	# The second kind of server, ksmbd, is a module of the kernel; only its programs are needed, and Debian does not
	# install the package beside Samba.
	(cd "$folder" && apt-get -o APT::Sandbox::User="$(id -un)" download ksmbd-tools)
	dpkg-deb -x "$folder"/ksmbd-tools_*.deb "$folder/ksmbd"
	as_root cp -a "$folder"/ksmbd/usr/{sbin,libexec} "$folder/tree/usr/"
	rm -r "$folder"/ksmbd "$folder"/ksmbd-tools_*.deb
	as_root mkdir -p "$folder/tree/lib/modules" "$folder/tree/payload"
	as_root rm -rf "$folder"/tree/var/cache/apt/* "$folder"/tree/var/lib/apt/lists/* \
		"$folder"/tree/usr/share/{doc,man,locale}
	as_root mke2fs -q -t ext4 -m 0 -L root -d "$folder/tree" "$folder/root.ext4" 768M
	as_root chown "$(id -u):$(id -g)" "$folder/root.ext4"
	as_root rm -rf "$folder/tree"
}

build_kernel() {
	local folder=$1 tree=$1/tree initramfs=$1/initramfs release module
	mkdir -p "$tree" "$initramfs/bin" "$initramfs/modules"
	# apt drops to its own user for downloads where that user may write; a folder below /root is not such a place.
	(cd "$folder" && apt-get "${apt_options[@]}" download "$image=$version")
	dpkg-deb -x "$folder"/*.deb "$tree"
	release=$(ls "$tree/lib/modules")
	depmod -b "$tree" "$release"

	# In order, dependencies first. busybox loads no compressed modules on all kernels, so they are unpacked here.
	for module in $boot_modules; do
		modprobe --dirname "$tree" --set-version "$release" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
		case $module in
		*.xz) xz -dc "$module" >"$initramfs/modules/$(basename "$module" .xz)" ;;
		*) cp "$module" "$initramfs/modules/" ;;
		esac
		basename "$module" .xz
	done >"$initramfs/modules/order"
	cp "$(command -v busybox)" "$initramfs/bin/busybox"
	install -m 755 scripts/guest/initramfs-init.sh "$initramfs/init"
	(cd "$initramfs" && find . | cpio --quiet -o -H newc | gzip -1) >"$folder/initrd.img"

	cp "$tree/boot/vmlinuz-$release" "$folder/vmlinuz"
	mke2fs -q -t ext4 -m 0 -L modules -d "$tree/lib/modules" "$folder/modules.ext4" 192M
	echo "$release" >"$folder/release"
	rm -rf "$tree" "$initramfs" "$folder"/*.deb
}

mkdir -p build/guest
apt_options=(-o APT::Sandbox::User="$(id -un)")
[ -z "$older_suite" ] || use_older "$older_suite"

# The newest version that apt knows: from a meta package to the image on which it depends.
image=$(apt-cache "${apt_options[@]}" depends "$meta" | awk '$1 == "Depends:" { print $2; exit }')
version=$(apt-cache "${apt_options[@]}" policy "$image" | awk '$1 == "Candidate:" { print $2 }')
if [ -z "$image" ] || [ -z "$version" ]; then
	say "apt knows no $meta: run apt-get update"
	exit 69
fi

root_name=root${flavour:+-$flavour}
root_folder=build/guest/$root_name-$({ echo "$suite $guest_packages"; declare -f build_root; } | hash_of)
kernel_folder=build/guest/linux-$version-$({ cat scripts/guest/initramfs-init.sh; declare -f build_kernel; } | hash_of)
[ -d "$root_folder" ] || say "building the root file system (about a minute, once)"
make_folder "$root_folder" build_root
[ -d "$kernel_folder" ] || say "unpacking $image $version"
make_folder "$kernel_folder" build_kernel

# Older builds of the same two folders are no longer needed.
for old in build/guest/"$root_name"-[0-9a-f]* build/guest/linux-"$kernel".*; do
	[ "$old" = "$root_folder" ] || [ "$old" = "$kernel_folder" ] || rm -rf "$old"
done
ln -sfn "../${root_folder##*/}/root.ext4" "$kernel_folder/$root_name.ext4"
echo "$kernel_folder"
