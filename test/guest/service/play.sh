#!/bin/sh
# The program of the scenarios' unit: the scenarios write to the second serial line; then the machine is switched off.
cd /payload/test || exit
if grep -qw aod.shell /proc/cmdline; then
	setsid -c /bin/bash -l </dev/console >/dev/console 2>&1
else
	stty -F /dev/ttyS1 raw -echo
	/payload/bun service/main.ts --only "$(cat /payload/only)" >/dev/ttyS1 2>&1 </dev/null
	echo "guest: over" >/dev/ttyS1
fi
sync
echo o >/proc/sysrq-trigger
sleep 60
