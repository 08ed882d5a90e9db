package io.novacron.hde.qemu.process;

import java.net.InetSocketAddress;

/**
 * A TCP socket of this host.
 *
 * @param local its own address
 * @param remote whom it is connected to, as whoever connected it named it: what a rule of the kernel has made of that later
 *     does not show here. Port 0 for one that listens
 * @param listening whether it listens
 * @param inode by which the descriptors that refer to it can be told; 0 when nobody has one any more
 */
public record TcpSocket(InetSocketAddress local, InetSocketAddress remote, boolean listening, long inode) {}
