# shellcheck shell=bash
# Debian 13 on a machine with Debian 12: the root of a host of that release, with its libvirt, QEMU and Java, whose QEMU
# the other hosts can run too.
# Sourced, never run. Needs common.sh and guests.sh.

LAB_NEWER_RELEASE=trixie
LAB_NEWER_PACKAGES=qemu-system-x86,qemu-utils,ovmf,libvirt-daemon,libvirt-daemon-driver-qemu,libvirt-daemon-system
LAB_NEWER_PACKAGES+=,libvirt-clients,iproute2,nftables,socat,procps,openjdk-21-jre-headless

newer_dir() {
  build newer "$(recipe_hash "$LAB_NEWER_RELEASE" "$LAB_NEWER_PACKAGES")" build_newer
}

build_newer() {
  mmdebstrap --variant=minbase --include="$LAB_NEWER_PACKAGES" "$LAB_NEWER_RELEASE" "$1"
}

# newer_root: prints where the hosts see it.
newer_root() {
  printf '%s\n' "$LAB_MOUNT/cache/$(basename "$(newer_dir)")"
}
