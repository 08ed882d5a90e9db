package io.novacron.hde.agent;

import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.PlainRelay;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.qemu.process.QemuProcess;
import io.novacron.hde.qemu.process.QemuProcesses;
import io.novacron.hde.qemu.process.TcpSocket;
import io.novacron.hde.qemu.process.TcpSockets;
import io.novacron.hde.wire.ChannelType;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections that were made to another host's TCP port and arrive at the agent. Where the other host is a peer and a
 * QEMU of libvirt's has the connection, it becomes a channel of type tcp; else, and where that fails before anything was
 * said, it is connected to where it wanted to go.
 *
 * <p>Which VM it is follows from who has the socket: libvirtd connects and hands the descriptor to the QEMU, or the QEMU
 * connects itself. The kernel shows both the socket's address and who has it.
 */
final class TcpMigrations {
    private static final Logger LOG = LoggerFactory.getLogger(TcpMigrations.class);

    /** So long libvirtd may take to hand the connection to the QEMU. */
    private static final long HANDOVER_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final long LOOK_MILLIS = 5;

    /**
     * Where a connection leads.
     *
     * @param peer the host, if it is one
     * @param address on that host
     */
    record Target(Optional<String> peer, InetSocketAddress address) {}

    private final TcpSockets sockets;
    private final QemuProcesses processes;
    private final SourceMigrations source;
    private final Executor threads;
    private final Channels channels;
    /** What is accepted for one target is handed on in the order in which it came. */
    private final Map<InetSocketAddress, CompletableFuture<Void>> order = new HashMap<>();

    TcpMigrations(
            TcpSockets sockets, QemuProcesses processes, SourceMigrations source, Executor threads, Channels channels) {
        this.sockets = sockets;
        this.processes = processes;
        this.source = source;
        this.threads = threads;
        this.channels = channels;
    }

    /**
     * The other end of a connection that was accepted here, as the kernel knows it.
     *
     * @param fits which destinations are possible; another socket may have the same address of its own
     * @throws IOException when there is no such socket, or more than one
     */
    TcpSocket client(SocketChannel accepted, Predicate<InetSocketAddress> fits) throws IOException {
        InetSocketAddress from = (InetSocketAddress) accepted.getRemoteAddress();
        List<TcpSocket> found = sockets.list().stream()
                .filter(socket -> !socket.listening() && socket.local().equals(from) && fits.test(socket.remote()))
                .toList();
        if (found.size() != 1) {
            throw new IOException("a connection from " + from + " wanted to go " + found.size() + " ways");
        }
        return found.get(0);
    }

    /** Takes a connection over; returns at once. */
    synchronized void accepted(SocketChannel qemu, TcpSocket client, Target target) {
        order.values().removeIf(CompletableFuture::isDone);
        CompletableFuture<Void> before = order.getOrDefault(target.address, CompletableFuture.completedFuture(null));
        order.put(target.address, before.thenRunAsync(() -> handOn(qemu, client.inode(), target), threads));
    }

    private void handOn(SocketChannel qemu, long inode, Target target) {
        try {
            Optional<QemuProcess> owner = awaitOwner(inode);
            if (target.peer.isEmpty() || owner.isEmpty()) {
                String why = target.peer.isEmpty() ? "it leads to no peer" : "it is no connection of a VM's";
                relay(qemu, target, owner.map(QemuProcess::name).orElse("(no VM)"), why);
                return;
            }
            DomainInfo vm = new DomainInfo(owner.get().name(), owner.get().uuid());
            source.acceptedTcp(
                    target.peer.get(),
                    vm,
                    target.address.getPort(),
                    qemu,
                    reason -> relay(qemu, target, vm.name(), reason));
        } catch (IOException | RuntimeException e) {
            LOG.error("a connection to {} is closed: {}", target.address, e.toString());
            close(qemu);
        }
    }

    private Optional<QemuProcess> awaitOwner(long inode) throws IOException {
        long deadline = System.nanoTime() + HANDOVER_NANOS;
        Optional<QemuProcess> owner = processes.holding(inode);
        while (owner.isEmpty() && System.nanoTime() < deadline) {
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("the agent is stopping", e);
            }
            owner = processes.holding(inode);
        }
        return owner;
    }

    /** As if the agent were not there. Returns when the connection has been made. */
    private void relay(SocketChannel qemu, Target target, String vm, String reason) {
        ChannelId id = new ChannelId(
                ChannelId.newMigration(),
                0,
                vm,
                ControlSockets.NO_VM,
                target.peer.orElseGet(() -> target.address.getAddress().getHostAddress()),
                true);
        LOG.warn("{}: goes to {} without the tunnel: {}", id, target.address, reason);
        try {
            SocketChannel remote = connect(target.address);
            ChannelProgress progress = new ChannelProgress(id, ChannelType.TCP);
            PlainRelay relay = new PlainRelay(id, qemu, remote, progress, reason);
            channels.add(progress, relay::abort);
            threads.execute(() -> {
                try {
                    relay.run();
                } finally {
                    channels.ended(progress);
                    ChannelLog.ended(progress);
                }
            });
        } catch (IOException | RuntimeException e) {
            LOG.error("{}: {} cannot be reached: {}", id, target.address, e.toString());
            close(qemu);
        }
    }

    private static SocketChannel connect(InetSocketAddress address) throws IOException {
        SocketChannel remote = SocketChannel.open(
                address.getAddress() instanceof Inet4Address
                        ? StandardProtocolFamily.INET
                        : StandardProtocolFamily.INET6);
        try {
            // only the first packet is looked at
            remote.setOption(StandardSocketOptions.IP_TOS, RedirectRule.MARK);
            remote.setOption(StandardSocketOptions.TCP_NODELAY, true);
            remote.connect(address);
            remote.setOption(StandardSocketOptions.IP_TOS, 0);
            return remote;
        } catch (IOException e) {
            remote.close();
            throw e;
        }
    }

    private static void close(SocketChannel qemu) {
        try {
            qemu.close();
        } catch (IOException e) {
            LOG.debug("closing QEMU's connection", e);
        }
    }
}
