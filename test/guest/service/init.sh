#!/bin/sh
# PID 1 of the guest with systemd, for a moment: writes a unit that plays the scenarios, and becomes systemd. With
# `aod.shell` on the kernel's command line the unit is a shell on the console.
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/system/multi-user.target.wants
cat >/run/systemd/system/scenarios.service <<'UNIT'
[Unit]
Description=Scenarios
After=basic.target systemd-logind.service
[Service]
ExecStart=/payload/test/service/play.sh
Environment=HOME=/root LANG=C.UTF-8
# smbd is its child.
KillMode=process
UNIT
ln -s ../scenarios.service /run/systemd/system/multi-user.target.wants/
# The distribution's own Samba would end the one of the scenarios, because both use the same pid file.
for unit in smbd nmbd samba-ad-dc winbind; do ln -s /dev/null "/run/systemd/system/$unit.service"; done
echo guest >/etc/hostname
# No login is needed, and without udev the console's device never appears.
ln -s /dev/null /run/systemd/system/getty.target
exec /sbin/init
