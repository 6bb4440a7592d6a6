#!/bin/sh
# PID 1 of the guest after its root file system is mounted: mounts the usual file systems, runs the scenarios with their
# output on the second serial line, and switches the machine off. With `aod.shell` on the kernel's command line it
# gives a shell on the console instead.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /run/results
hostname guest
ip link set lo up

cd /payload/test || exit
if grep -qw aod.shell /proc/cmdline; then
	ln -s /payload/bun /payload/aod /usr/local/bin/
	echo "the scenarios: bun main.ts [--only TEXT]; Ctrl-D switches off"
	setsid -c /bin/bash -l </dev/console >/dev/console 2>&1
else
	stty -F /dev/ttyS1 raw -echo
	setsid /payload/bun main.ts --only "$(cat /payload/only)" --without "$(cat /payload/without)" >/dev/ttyS1 2>&1 </dev/null
	tar -cf /dev/vdd -C /run/results .
	echo "guest: over" >/dev/ttyS1
fi
sync
echo o >/proc/sysrq-trigger
sleep 60
