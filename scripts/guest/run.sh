#!/bin/bash
# Runs the scenarios of test/guest/ in a virtual machine with one of Debian's kernels, Samba and a real cifs client.
#
#   scripts/guest/run.sh KERNEL              KERNEL is 5.10, 6.1 or 6.12; the last line is "N passed, N failed"
#   scripts/guest/run.sh KERNEL --only TEXT  only the scenarios whose name contains TEXT, or one of TEXT|TEXT
#   scripts/guest/run.sh KERNEL --ci         without the scenarios that scripts/guest/left-out.txt names for this kernel
#   scripts/guest/run.sh KERNEL --cpu MODEL  on an emulated processor of QEMU; Nehalem is from 2008 and has no AVX
#   scripts/guest/run.sh KERNEL --systemd    the scenarios of test/guest/service/, with systemd as init
#   scripts/guest/run.sh KERNEL --fixtures   also stores the results: test/cifs/fixtures/guest/, docs/quality/
#   scripts/guest/run.sh KERNEL --shell      a shell on the guest's console, with everything in place
#
# The machine is emulated, so that it runs anywhere, and has no network. Its root file system is discarded after each
# run; aod and the scenarios are on a disk of their own. AOD_BINARY names another executable than dist/aod. With
# AOD_QUIET_MINUTES there is one more scenario: so many minutes of mixed work without incident.
# Exit status: 0 all passed, 1 some failed, 69 the guest did not start, 64 usage.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin # for mke2fs: users do not have these folders in their PATH

boot_attempts=6
boot_timeout_sec=90     # from power on to the first line of the scenarios; 7 s on two idle cores
systemd_timeout_sec=300 # the same with systemd as init
quiet_timeout_sec=300   # between two lines of the scenarios; the longest takes two minutes

usage() {
	sed -n '4,10s/^# *//p' "$0" >&2
	exit 64
}
say() { echo "guest: $*" >&2; }

kernel=
mode=play
only=
without=
cpu=max
flavour=
fixtures=
while [ $# -gt 0 ]; do
	case $1 in
	--shell) mode=shell ;;
	--fixtures) fixtures=test/cifs/fixtures/guest ;;
	--cpu) cpu=${2:?--cpu needs a model} && shift ;;
	--systemd) flavour=systemd ;;
	--ci) without=yes ;;
	--only) only=${2:?--only needs a text} && shift ;;
	-*) usage ;;
	*)
		[ -z "$kernel" ] || usage
		kernel=$1
		;;
	esac
	shift
done
[ -n "$kernel" ] || usage
# The name prefixes of this kernel's lines, joined by |.
[ -z "$without" ] || without=$(awk -F '  +' -v kernel="$kernel" '$1 == kernel { print $2 }' scripts/guest/left-out.txt | paste -sd '|')

make_payload() {
	local payload=$1 aod=${AOD_BINARY:-dist/aod} tree
	tree=$(mktemp -d build/guest/payload.XXXXXX)
	if [ -x "$aod" ]; then
		cp "$aod" "$tree/aod"
	elif [ "$mode" = shell ]; then
		say "$aod does not exist: the guest has no aod"
	else
		say "$aod does not exist: run make build first"
		exit 66
	fi
	cp "$(scripts/bun -p process.execPath)" "$tree/bun"
	cp -r test/guest "$tree/test"
	mv "$tree/test/${flavour:+service/}init.sh" "$tree/init.sh"
	cp config/aod.yaml "$tree/aod.yaml"
	cp -r packaging/systemd "$tree/systemd"
	if [ "$flavour" = systemd ]; then
		# Packages of this version, and of a higher one for the upgrade.
		scripts/package/release.sh "$tree/release" >&2
		AOD_PACKAGE_VERSION=99.0 scripts/package/release.sh "$tree/next-release" >&2
		find "$tree"/*release -mindepth 1 -maxdepth 1 ! -name apt -exec rm -rf {} +
	fi
	printf '%s' "$only" >"$tree/only"
	printf '%s' "$without" >"$tree/without"
	printf '%s' "${AOD_QUIET_MINUTES:-0}" >"$tree/quiet-minutes"
	rm -f "$payload"
	mke2fs -q -t ext4 -m 0 -L payload -d "$tree" "$payload" 512M >/dev/null
	rm -rf "$tree"
}

start_machine() {
	exec qemu-system-x86_64 -accel tcg,thread=multi -cpu "$cpu" -smp 2 -m 1536 -nic none -display none -no-reboot \
		-kernel "$image/vmlinuz" -initrd "$image/initrd.img" \
		-append "console=ttyS0 quiet loglevel=4 panic=-1 sysrq_always_enabled $1" \
		-drive "file=$image/root${flavour:+-$flavour}.ext4,format=raw,if=virtio,snapshot=on" \
		-drive "file=$image/modules.ext4,format=raw,if=virtio,readonly=on" \
		-drive "file=$payload,format=raw,if=virtio,readonly=on" \
		-drive "file=$results.tar,format=raw,if=virtio" \
		"${@:2}"
}

scripts/setup.sh guest
image=$(scripts/guest/build.sh "$kernel" $flavour)
payload=build/guest/payload-$kernel.ext4
console=build/guest/console-$kernel.log
# The results of the scenarios: they write a tar archive to a disk of its own, from its first byte.
results=build/guest/results-$kernel${flavour:+-$flavour}
truncate -s 0 "$results.tar"
truncate -s 32M "$results.tar"
make_payload "$payload"

if [ "$mode" = shell ]; then
	start_machine aod.shell -serial mon:stdio
fi

# Copies the scenarios' lines from the guest's second serial line to here until the guest reports its end.
# Status: 0 the last line was seen, 2 no line ever came (the emulator lost the machine before init), 3 the lines
# stopped.
follow_machine() {
	local line timeout=$boot_timeout_sec result=2
	[ -z "$flavour" ] || timeout=$systemd_timeout_sec
	while IFS= read -r -t "$timeout" line; do
		timeout=$quiet_timeout_sec
		[ "$result" = 2 ] && result=3
		[ "$line" = "guest: over" ] && return 0
		printf '%s\n' "$line"
	done
	return "$result"
}

# The serial line has TAP; a test that was planned and never reported counts as failed.
result=build/guest/result-$kernel.log
for ((attempt = 1; attempt <= boot_attempts; attempt++)); do
	started=$SECONDS
	exec {lines}< <(start_machine aod.play -serial "file:$console" -serial stdio </dev/null 2>&1)
	machine=$!
	trap 'kill "$machine" 2>/dev/null || true' EXIT
	status=0
	follow_machine <&"$lines" | tee "$result" || status=$?
	kill "$machine" 2>/dev/null || true
	wait "$machine" || true
	exec {lines}<&-
	[ "$status" = 2 ] || break
	say "boot $attempt of $kernel died before init after $((SECONDS - started)) s, as emulated boots sometimes do: retrying"
done

planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$result")
passed=$(grep -c '^ok ' "$result" || true)
case $status in
2)
	say "none of $boot_attempts boots reached init; the console's last lines:"
	tail -n 20 "$console" >&2
	exit 69
	;;
3)
	say "the guest stopped reporting; the console's last lines:"
	tail -n 40 "$console" >&2
	;;
esac
say "kernel $(cat "$image/release"), boot $attempt, $((SECONDS - started)) s"
rm -rf "$results"
mkdir "$results"
# A guest that stopped reporting has written nothing.
tar -xf "$results.tar" -C "$results" --no-same-owner 2>/dev/null || say "the guest left no results"
if [ -n "$fixtures" ] && [ -f "$results/quality.json" ]; then
	rm -rf "${fixtures:?}/$kernel"
	mkdir -p "$fixtures" docs/quality
	cp -r "$results/fixtures" "$fixtures/$kernel"
	cp "$results/quality.json" "docs/quality/$kernel.json"
fi
if [ -n "$fixtures" ] && [ -f "$results/situations.json" ]; then
	cp "$results/situations.json" "docs/quality/situations-$kernel.json"
fi
failed=$((${planned:-1} - passed))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
