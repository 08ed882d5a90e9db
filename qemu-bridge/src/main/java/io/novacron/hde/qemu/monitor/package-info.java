/**
 * The monitor of a QEMU that libvirt has started: commands in, answers out, through libvirt, which has QEMU's only
 * monitor socket.
 *
 * <p>{@code Monitor} is what others need of it; {@code LibvirtMonitor} asks libvirt by JNA ({@code Libvirt}).
 */
package io.novacron.hde.qemu.monitor;
