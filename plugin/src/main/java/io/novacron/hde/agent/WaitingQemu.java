package io.novacron.hde.agent;

import io.novacron.hde.config.PortRange;
import io.novacron.hde.qemu.process.QemuProcess;
import io.novacron.hde.qemu.process.QemuProcesses;
import io.novacron.hde.qemu.process.TcpSocket;
import io.novacron.hde.qemu.process.TcpSockets;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The QEMU that listens on a TCP port of this host for a VM. A peer names port and VM, and is connected only where both
 * are right: a port of the configured ones, and on it a QEMU that libvirt has started for that VM.
 */
final class WaitingQemu {
    /** libvirt's QEMU listens before the source's connects; this is for a machine that is very busy. */
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final long LOOK_MILLIS = 50;

    /** No more lies between the agent and QEMU than is soon loaded. */
    private static final int SEND_BYTES = 256 << 10;

    private final PortRange ports;
    private final TcpSockets sockets;
    private final QemuProcesses processes;

    WaitingQemu(PortRange ports, TcpSockets sockets, QemuProcesses processes) {
        this.ports = ports;
        this.sockets = sockets;
        this.processes = processes;
    }

    /** Connects; exactly once, because a connection that is closed again kills it. */
    SocketChannel connect(int port, String vmUuid) throws IOException {
        if (!ports.contains(port)) {
            throw new RefusedException("port " + port + " is not one of this host's migration-ports, " + ports);
        }
        long deadline = System.nanoTime() + WAIT_NANOS;
        Optional<InetAddress> address = find(port, vmUuid);
        while (address.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new RefusedException("no QEMU waits for VM " + vmUuid + " on port " + port);
            }
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new RefusedException("the agent is stopping", e);
            }
            address = find(port, vmUuid);
        }
        SocketChannel qemu = SocketChannel.open();
        try {
            qemu.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BYTES);
            qemu.setOption(StandardSocketOptions.TCP_NODELAY, true);
            qemu.connect(new InetSocketAddress(address.get(), port));
            return qemu;
        } catch (IOException e) {
            qemu.close();
            throw new RefusedException("the QEMU on port " + port + " does not accept: " + e.getMessage(), e);
        }
    }

    private Optional<InetAddress> find(int port, String vmUuid) throws IOException {
        List<TcpSocket> listening = sockets.list().stream()
                .filter(socket -> socket.listening() && socket.local().getPort() == port)
                .toList();
        for (TcpSocket socket : listening) {
            Optional<QemuProcess> owner = processes.holding(socket.inode());
            if (owner.isPresent() && owner.get().uuid().equals(vmUuid)) {
                return Optional.of(reachable(socket.local().getAddress()));
            }
        }
        return Optional.empty();
    }

    /** An address on which who listens there is reached from this host. */
    private static InetAddress reachable(InetAddress listening) throws IOException {
        if (!listening.isAnyLocalAddress()) {
            return listening;
        }
        return InetAddress.getByName(listening instanceof Inet6Address ? "::1" : "127.0.0.1");
    }
}
