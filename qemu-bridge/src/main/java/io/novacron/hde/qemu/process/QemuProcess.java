package io.novacron.hde.qemu.process;

/**
 * A QEMU that libvirt has started.
 *
 * @param pid its process
 * @param name the domain's name on this host
 * @param uuid the domain's UUID, 36 characters in lower case
 */
public record QemuProcess(long pid, String name, String uuid) {}
