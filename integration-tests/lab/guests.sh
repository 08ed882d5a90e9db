# shellcheck shell=bash
# What the guests are made of, built once and kept until its recipe changes, and the guests themselves.
#   boot   Debian's cloud kernel, and an initramfs of busybox, virtio modules and the checking program (all guests)
#   real   a Debian disk with redis
# Sourced, never run. Needs common.sh and hosts.sh.

LAB_GUEST_RELEASE=bookworm
LAB_GUEST_PACKAGES=systemd-sysv,udev,redis-server,redis-tools,stress-ng,kmod,iproute2,procps
LAB_GUEST_DISK=1536M
# What a console shows only when the guest is lost.
LAB_GUEST_BROKEN='Kernel panic|insmod: can|switch_root: |^lab: the checking program ended'
LAB_KERNEL_PACKAGE=linux-image-cloud-amd64
# Every host has these to itself.
LAB_IMAGES=/var/lib/libvirt/images

# build NAME RECIPE_HASH FUNCTION: runs FUNCTION with an empty directory that becomes cache/NAME-HASH if it succeeds;
# prints that directory. Older builds of NAME are removed.
build() {
  local name=$1 target=$LAB_CACHE/$1-$2 work
  if [ ! -d "$target" ]; then
    mkdir -p "$LAB_CACHE"
    rm -rf "$LAB_CACHE/$name"-*
    work=$LAB_CACHE/$name-building
    mkdir "$work"
    # Not "FUNCTION || die": there bash goes on after what fails within, whatever set -e says.
    "$3" "$work" >"$LAB_CACHE/$name.log" 2>&1 </dev/null &
    wait "$!" \
      || die "building '$name' failed: $(tail -n 5 "$LAB_CACHE/$name.log") (all of it: $LAB_CACHE/$name.log)"
    mv "$work" "$target"
  fi
  printf '%s\n' "$target"
}

boot_dir() {
  build boot "$(recipe_hash "$LAB_SCRIPTS/guests.sh" "$LAB_SCRIPTS"/guest/{check.c,flush.c,init})" build_boot
}

real_dir() {
  local boot
  boot=$(boot_dir)
  build real "$(recipe_hash "$LAB_SCRIPTS/guests.sh" "${boot##*/}" "$LAB_SCRIPTS"/guest/real/*)" build_real
}

build_boot() (
  set -eu
  cd "$1"
  image=$(apt-cache depends "$LAB_KERNEL_PACKAGE" | awk '/Depends: linux-image-/ {print $2; exit}')
  apt-get -q -o APT::Sandbox::User=root download "$image"
  dpkg -x "$image"_*.deb kernel
  rm "$image"_*.deb
  # On Debian 12 the modules are in /lib; the disk of the real guest has them in /usr/lib.
  cp kernel/boot/vmlinuz-* vmlinuz
  for program in check flush; do
    gcc -O2 -fno-tree-vectorize -Wall -Wextra -Werror -static -o "$program" "$LAB_SCRIPTS/guest/$program.c"
  done
  mkdir -p initramfs/bin initramfs/modules
  cp /bin/busybox initramfs/bin/
  cp check flush initramfs/
  install -m 0755 "$LAB_SCRIPTS/guest/init" initramfs/init
  for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do
    cp "$(find kernel/lib/modules -name "$module.ko")" initramfs/modules/
    echo "$module.ko" >>initramfs/modules/order
  done
  (cd initramfs && find . | busybox cpio -o -H newc | gzip -1) >initramfs.gz
  rm -r initramfs
)

build_real() (
  set -eu
  cd "$1"
  boot=$(boot_dir)
  mmdebstrap --variant=minbase --include="$LAB_GUEST_PACKAGES" "$LAB_GUEST_RELEASE" root
  cp -R "$boot"/kernel/lib/modules root/usr/lib/
  chroot root depmod "$(ls root/usr/lib/modules)"
  install -m 0755 "$boot/check" "$boot/flush" "$LAB_SCRIPTS/guest/real/lab-guest" root/usr/local/bin/
  install -m 0644 "$LAB_SCRIPTS/guest/real/lab-guest.service" root/etc/systemd/system/
  mkdir -p root/etc/systemd/system/multi-user.target.wants
  ln -s ../lab-guest.service root/etc/systemd/system/multi-user.target.wants/
  echo "/dev/vda / ext4 defaults 0 1" >root/etc/fstab
  echo guest >root/etc/hostname
  mkfs.ext4 -q -d root disk.raw "$LAB_GUEST_DISK"
  qemu-img convert -O qcow2 disk.raw disk.qcow2
  rm -r root disk.raw
)

# hardware VM MEMORY_MIB OPTIONS: what the words hw.NAME=VALUE among the options ask for, in variables hardware_NAME of
# libvirt's XML; the other words are in hardware_rest. hw.vcpus=N; hw.firmware=uefi; hw.memory= one of numa (two nodes, two
# vCPUs), memfd (shared with other processes), huge (pages of 2 MiB), dimm (64 MiB more), virtio-mem (64 MiB more);
# hw.disks=N, of which the guest makes no use (guest_disks).
# Linux does not come out of UEFI with 128 MiB. Where memory can be added above 4 GiB it sets 64 MiB aside for devices that
# cannot reach that (swiotlb), which is too much.
hardware() {
  local vm=$1 memory=$2 word node number cells='' letters=abcdefgh
  hardware_disks=0
  hardware_memory=$memory hardware_vcpus=1 hardware_backing='' hardware_numa='' hardware_firmware='' hardware_devices='' hardware_rest=''
  for word in $3; do
    case $word in
      hw.vcpus=*) hardware_vcpus=${word#*=} ;;
      hw.firmware=uefi)
        hardware_memory=256
        hardware_firmware="<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>
    <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'/>" ;;
      hw.memory=memfd) hardware_backing="<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>" ;;
      hw.memory=huge) hardware_backing="<memoryBacking><hugepages/></memoryBacking>" ;;
      hw.memory=numa)
        hardware_vcpus=2
        for node in 0 1; do cells+="<cell id='$node' cpus='$node' memory='$((memory / 2))' unit='MiB'/>"; done ;;
      hw.memory=dimm)
        hardware_devices="<memory model='dimm'><target><size unit='MiB'>64</size><node>0</node></target></memory>" ;;
      hw.memory=virtio-mem)
        hardware_devices="<memory model='virtio-mem'><target><size unit='MiB'>128</size><node>0</node>
      <block unit='KiB'>2048</block><requested unit='MiB'>64</requested></target></memory>" ;;
      hw.disks=*) hardware_disks=${word#*=} ;;
      hw.*) die "guests have no '$word'" ;;
      *) hardware_rest+="$word " ;;
    esac
  done
  if [ -n "$hardware_devices" ]; then
    hardware_rest+="swiotlb=1024 "
    hardware_backing+="<maxMemory slots='4' unit='MiB'>1024</maxMemory>"
    cells="<cell id='0' cpus='0-$((hardware_vcpus - 1))' memory='$memory' unit='MiB'/>"
  fi
  [ -z "$cells" ] || hardware_numa="<numa>$cells</numa>"
  for number in $(seq "$hardware_disks"); do
    hardware_devices+="<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/>
      <source file='$LAB_IMAGES/$vm-$number.qcow2'/><target dev='vd${letters:number-1:1}' bus='virtio'/></disk>"
  done
}

# guest_xml VM KIND BOOT: with the hardware that was asked for (hardware, above). What is left of the options,
# hardware_rest, are words for the kernel's command line, among them lab.NAME=VALUE for the guest's own programs
# (guest/init, guest/real/lab-guest).
#
# The program flush runs in every guest because QEMU before 9.0 loses writes of TCG guests during migration: when it
# clears the bitmap of dirty pages (cpu_physical_memory_sync_dirty_bitmap) it leaves the guest's TLB as it is, so later
# writes through it go unnoticed until the TLB is flushed (QEMU commit 03bfc2188f07, not in Debian 12's 7.2). On a slow
# link the tiny guest died of it in its first plain migration. Switches between processes flush the TLB; page table
# isolation would do it too, but doubles the time that the real guest needs.
guest_xml() {
  local vm=$1 kind=$2 boot=$3 number
  number=$(printf '%s' "$vm" | cksum | cut -d' ' -f1)
  cat <<XML
<domain type='qemu'>
  <name>$vm</name>
  <uuid>$(printf '20000000-0000-4000-8000-%012x' "$number")</uuid>
  <memory unit='MiB'>$hardware_memory</memory>
  $hardware_backing
  <vcpu>$hardware_vcpus</vcpu>
  <cpu mode='custom' match='exact'><model>qemu64</model>$hardware_numa</cpu>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    $hardware_firmware
    <kernel>$LAB_MOUNT/cache/$boot/vmlinuz</kernel>
    <initrd>$LAB_MOUNT/cache/$boot/initramfs.gz</initrd>
    <cmdline>console=ttyS0 quiet$([ "$kind" = real ] && printf ' root=/dev/vda') lab.seed=$number $hardware_rest</cmdline>
  </os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <serial type='file'><source path='$LAB_MOUNT/run/guests/$vm/console.log' append='on'/></serial>
    <memballoon model='none'/>
    $hardware_devices
XML
  if [ "$kind" = real ]; then
    cat <<XML
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='$LAB_MOUNT/run/guests/$vm/disk.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='user'>
      <mac address='$(printf '52:54:00:%02x:%02x:%02x' $((number >> 16 & 255)) $((number >> 8 & 255)) $((number & 255)))'/>
      <model type='virtio'/>
    </interface>
    <channel type='unix'><target type='virtio' name='lab.control'/></channel>
XML
  fi
  printf '  </devices>\n</domain>\n'
}

# tiny_machine CONSOLE: QEMU's arguments for the tiny guest without libvirt, one a line; CONSOLE as the hosts see it.
tiny_machine() {
  local boot
  boot=$LAB_MOUNT/cache/$(basename "$(boot_dir)")
  printf '%s\n' -machine pc-q35-7.2 -cpu qemu64 -m 128 -kernel "$boot/vmlinuz" -initrd "$boot/initramfs.gz" \
    -append "console=ttyS0 quiet lab.seed=1" -chardev "file,id=console,path=$1,append=on" -serial chardev:console
}

# guest_remove VM: wherever it is, running or only defined.
guest_remove() {
  local host
  for host in $(host_names); do
    [ "$host" = switch ] && continue
    lab_exec "$host" virsh -q -c qemu:///system destroy "$1" >/dev/null 2>&1 || true
    lab_exec "$host" virsh -q -c qemu:///system undefine --nvram "$1" >/dev/null 2>&1 || true
    lab_exec "$host" sh -c 'rm -f "$2/$1"-[0-9].qcow2' sh "$1" "$LAB_IMAGES"
  done
  rm -rf "$LAB_RUN/guests/$1"
}

# guest_disks HOST VM COUNT: images of 256 MiB of which 8 hold what nothing compresses; on the other hosts empty ones.
guest_disks() {
  local at=$1 vm=$2 count=$3 host
  [ "$count" -gt 0 ] || return 0
  for host in $(host_names); do
    [ "$host" = switch ] && continue
    # shellcheck disable=SC2016
    lab_exec "$host" sh -c 'mkdir -p "$1" && chmod 0711 "$1" && cd "$1" && head -c 8M /dev/urandom >noise
      for number in $(seq "$3"); do
        image=$2-$number.qcow2
        qemu-img create -q -f qcow2 "$image" 256M
        [ -z "$4" ] || qemu-io -f qcow2 -c "write -q -s noise $((number * 32))M 8M" "$image"
        chown libvirt-qemu: "$image"
      done
      rm noise' sh "$LAB_IMAGES" "$vm" "$count" "$([ "$host" != "$at" ] || echo full)"
  done
}

# guest_start HOST VM tiny|real MEMORY_MIB [NAME=VALUE...]: defines VM on HOST and starts it.
guest_start() {
  local host=$1 vm=$2 kind=$3 memory=$4 boot dir
  shift 4
  boot=$(boot_dir)
  dir=$LAB_RUN/guests/$vm
  guest_remove "$vm"
  mkdir -p "$dir"
  if [ "$kind" = real ]; then
    lab_exec "$host" qemu-img create -q -f qcow2 -F qcow2 -b "$LAB_MOUNT/cache/$(basename "$(real_dir)")/disk.qcow2" \
      "$LAB_MOUNT/run/guests/$vm/disk.qcow2"
  fi
  : >"$dir/console.log"
  # QEMU's user opens the console's file by itself, on both hosts.
  chown -R libvirt-qemu:libvirt-qemu "$dir"
  hardware "$vm" "$memory" "$*"
  guest_disks "$host" "$vm" "$hardware_disks"
  guest_xml "$vm" "$kind" "${boot##*/}" >"$dir/domain.xml"
  lab_exec "$host" virsh -q -c qemu:///system define "$LAB_MOUNT/run/guests/$vm/domain.xml"
  lab_exec "$host" virsh -q -c qemu:///system start "$vm"
}

# guest_ready VM SECONDS: waits until the guest says that it has done all it does at start. UEFI leaves the first line begun.
guest_ready() {
  local console=$LAB_RUN/guests/$1/console.log
  wait_until "$2" "guest $1 (its console: $console)" grep -q -E "lab: ready|$LAB_GUEST_BROKEN" "$console" || return 1
  ! grep -m 1 -E "$LAB_GUEST_BROKEN" "$console" >&2
}

# guest_tell HOST VM COMMAND...: a command for the control loop of a real guest; waits for its answer.
guest_tell() {
  local host=$1 vm=$2 console=$LAB_RUN/guests/$2/console.log before
  shift 2
  before=$(grep -c '^lab: ' "$console")
  answered() { [ "$(grep -c '^lab: ' "$console")" -gt "$before" ]; }
  # The guest opens its end twice a second, and QEMU drops what is unread when this end closes.
  # shellcheck disable=SC2016
  { printf '%s\n' "$*"; wait_until 20 "guest $vm to answer '$*'" answered; } | lab_exec "$host" sh -c \
    'exec socat -u - "UNIX-CONNECT:$(echo /var/lib/libvirt/qemu/channel/target/domain-*-"$1"/lab.control)"' sh "$vm"
  grep '^lab: ' "$console" | tail -n 1 | sed "s/^lab: /$vm: /"
}
