package io.novacron.hde.qemu.memory;

/**
 * One RAM block of a running guest.
 *
 * @param name QEMU's idstr, as in the migration stream, for example {@code pc.ram}
 * @param length bytes in use, a multiple of 4096
 * @param hostAddress where it begins in QEMU's process
 */
public record GuestBlock(String name, long length, long hostAddress) {}
