#!/bin/bash
# test/kernel/make-initrd.sh FOLDER: makes FOLDER/initrd.img for the kernel unpacked in FOLDER/kernel: busybox and the few
# modules that it takes to mount this machine's file system, with a scratch layer over it, and go on from there.
set -euo pipefail
cd "$1"
PATH=$PATH:/usr/sbin:/sbin
# Where /lib is not merged into /usr, or is: the package says /lib or /usr/lib.
modules=$(dirname "$(find kernel -path '*/modules/*' -name modules.order | head -1)")
release=$(basename "$modules")
base=${modules%/lib/modules/*}
depmod -b "$base" "$release"
rm -rf initrd
mkdir -p initrd/{bin,proc,sys,dev,host,scratch,newroot} "initrd/lib/modules/$release"
cp "$(command -v busybox)" initrd/bin/busybox
for module in virtio_pci 9pnet_virtio 9p overlay virtio_rng; do
  modprobe -d "$base" -S "$release" --show-depends "$module" | while read -r what file _; do
    [ "$what" = insmod ] || continue
    to=initrd/lib/modules/$release/${file##*/"$release"/}
    mkdir -p "$(dirname "$to")"
    cp "$file" "$to"
  done
done
cp "$modules"/modules.{builtin,builtin.modinfo,order} "initrd/lib/modules/$release/"
depmod -b initrd "$release"
cat > initrd/init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in virtio_pci 9pnet_virtio 9p overlay virtio_rng; do modprobe "$module"; done
mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,ro,msize=512000 host /host || poweroff -f
mount -t tmpfs scratch /scratch
mkdir /scratch/upper /scratch/work
mount -t overlay -o lowerdir=/host,upperdir=/scratch/upper,workdir=/scratch/work over /newroot
for place in proc sys dev; do mount --move "/$place" "/newroot/$place"; done
mount -t tmpfs run /newroot/run
mkdir -p /newroot/run/lock /newroot/dev/shm /newroot/lib/modules
mount -t tmpfs shm /newroot/dev/shm
# The guest's kernel is not this machine's: its modules come from the unpacked package.
mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,ro,msize=512000 modules /newroot/lib/modules || poweroff -f
job=$(sed -n 's/.* job=\([^ ]*\).*/\1/p' /newroot/proc/cmdline)
exec switch_root /newroot /bin/bash "$job"
INIT
chmod +x initrd/init
(cd initrd && find . | cpio -o -H newc --quiet | gzip -1) > initrd.img
