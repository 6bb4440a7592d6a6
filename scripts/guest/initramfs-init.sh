#!/bin/busybox sh
# shellcheck shell=dash
# First program of the guest: loads the disk drivers, mounts the three disks of run.sh and goes over to the root file
# system. Says so on the console, because what dies before that line is the emulator's fault and is started again.
export PATH=/bin
busybox mkdir -p /proc /sys /dev /newroot
busybox mount -t devtmpfs devtmpfs /dev
busybox mount -t proc proc /proc
while read -r module; do busybox insmod "/modules/$module"; done </modules/order
# The root image is shared by all runs: run.sh has QEMU throw away what is written to it.
busybox mount -t ext4 /dev/vda /newroot
busybox mount -t ext4 -o ro /dev/vdb /newroot/lib/modules
busybox mkdir -p /newroot/payload
busybox mount -t ext4 -o ro /dev/vdc /newroot/payload
busybox umount /proc
busybox mount --move /dev /newroot/dev
exec busybox switch_root /newroot /payload/init.sh
