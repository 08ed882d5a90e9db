/**
 * QEMU's processes and their TCP sockets, as the kernel shows them in {@code /proc}: who has made a connection and where
 * to, and who listens on a port. Nothing here asks libvirt, which may be busy with the very migration that is asked about.
 */
package io.novacron.hde.qemu.process;
