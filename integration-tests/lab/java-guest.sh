# shellcheck shell=bash
# A machine with Debian's kernel in which Java runs, for what the kernel outside cannot do (soft-dirty bits).
#   java   a disk with Debian's JRE, unpacked and not installed, busybox, and the program that plays QEMU
# Sourced, never run. Needs common.sh and guests.sh.

LAB_JAVA_PACKAGES=openjdk-17-jre-headless

java_dir() {
  build java "$(recipe_hash "$LAB_SCRIPTS/java-guest.sh" "$LAB_SCRIPTS"/guest/java/*)" build_java
}

build_java() (
  set -eu
  cd "$1"
  mmdebstrap --variant=extract --include="$LAB_JAVA_PACKAGES" "$LAB_GUEST_RELEASE" root
  mkdir -p root/sbin root/bin root/tmp root/proc root/sys root/dev
  cp /bin/busybox root/bin/busybox
  install -m 0755 "$LAB_SCRIPTS/guest/java/init" root/sbin/init
  gcc -O2 -Wall -Wextra -Werror -static -o root/sbin/pages "$LAB_SCRIPTS/guest/java/pages.c"
  mkfs.ext4 -q -d root disk.raw 1G
  rm -r root
)

# java_machine TAR MAIN: QEMU's arguments for it, one a line. It unpacks TAR, which has class files and .jar files, runs
# the class MAIN, says "lab: MAIN ended with status N" on the console, and ends.
java_machine() {
  local boot disk
  boot=$(boot_dir)
  disk=$(java_dir)/disk.raw
  printf '%s\n' -machine q35 -cpu max -m 768 -no-reboot -display none -nodefaults \
    -kernel "$boot/vmlinuz" -initrd "$boot/initramfs.gz" \
    -append "console=ttyS0 quiet panic=-1 root=/dev/vda lab.main=$2" \
    -drive "file=$disk,format=raw,if=virtio,snapshot=on" -drive "file=$1,format=raw,if=virtio,readonly=on"
}
