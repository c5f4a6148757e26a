#!/bin/bash
# test/kernel/guest.sh: the first program in the guest: what the tests need of the system, then the tests, then power off.
# The kernel's command line says where the project and Node.js are.
argument() { sed -n "s/.* $1=\([^ ]*\).*/\1/p" /proc/cmdline; }
export HOME=/root PATH="$(argument path):/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ip link set lo up
hostname guest
cd "$(argument project)" || exit 1
echo "guest: kernel $(uname -r), up after $(cut -d' ' -f1 /proc/uptime) s"
TAP_TIMEOUT=600 node dist/test/kernel/guest-tests.js "$(argument peer)" 2>&1
echo "guest: done with status $? after $(cut -d' ' -f1 /proc/uptime) s"
echo o > /proc/sysrq-trigger
sleep 10
