package io.novacron.hde.agent;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.config.PortRange;
import io.novacron.hde.qemu.process.TcpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where connections arrive that were made to another host's migration ports: on a peer's loopback address, where libvirt
 * took that for the peer's, and on the port to which the kernel's rule sends them. One thread accepts on all of them.
 */
final class TcpListeners implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TcpListeners.class);

    private static final int BACKLOG = 64;

    /** No more lies between QEMU and the agent: QEMU reckons its downtime by how fast its socket takes bytes. */
    private static final int RECEIVE_BYTES = 256 << 10;

    /** Which target a connection has that arrives there. */
    private interface Targets {
        TcpMigrations.Target of(SocketChannel accepted, TcpSocket client) throws IOException;

        boolean fits(SocketChannel accepted, InetSocketAddress wanted) throws IOException;
    }

    private static final InetAddress FOUR = loopback(4);
    private static final InetAddress SIX = loopback(16);

    private final TcpMigrations migrations;
    private final Selector selector;
    private final List<ServerSocketChannel> open = new ArrayList<>();
    private final Thread thread = new Thread(this::accept, "tcp-sockets");
    private volatile boolean closed;

    /** Listens on the loopback addresses that peers have. */
    TcpListeners(HdeConfig config, TcpMigrations migrations) throws IOException {
        this.migrations = migrations;
        this.selector = Selector.open();
        try {
            for (HdeConfig.Peer peer : config.peers().values()) {
                if (peer.loopbackAddress().isPresent() && peer.mayReceive()) {
                    listen(peer, peer.loopbackAddress().get());
                }
            }
        } catch (IOException e) {
            close();
            throw e;
        }
        thread.setDaemon(true);
        thread.start();
    }

    /** 127.0.0.1 or ::1, where the kernel's redirection leads. */
    private static InetAddress loopback(int bytes) {
        byte[] address = new byte[bytes];
        address[0] = (byte) (bytes == 4 ? 127 : 0);
        address[bytes - 1] = 1;
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private void listen(HdeConfig.Peer peer, InetAddress loopback) throws IOException {
        PortRange ports = peer.migrationPorts();
        for (int port = ports.first(); port <= ports.last(); port++) {
            try {
                listen(new InetSocketAddress(loopback, port), new OfLoopback(peer));
            } catch (IOException e) {
                throw new IOException("peers." + peer.name() + ".loopback-address: " + e.getMessage(), e);
            }
        }
        LOG.info("VMs migrate to {} through {}, ports {}", peer.name(), loopback.getHostAddress(), ports);
    }

    /**
     * Listens where the kernel's rule sends connections to, from now on.
     *
     * @param peers by the addresses that the rule names at the moment
     */
    void listen(int port, Supplier<Map<InetAddress, HdeConfig.Peer>> peers) throws IOException {
        List<ServerSocketChannel> sockets = new ArrayList<>();
        try {
            sockets.add(listen(new InetSocketAddress(FOUR, port), new OfRule(peers)));
            if (NetworkInterface.getByInetAddress(SIX) != null) {
                sockets.add(listen(new InetSocketAddress(SIX, port), new OfRule(peers)));
            }
        } catch (IOException e) {
            for (ServerSocketChannel socket : sockets) {
                socket.close();
            }
            throw new IOException("transparent.port: " + e.getMessage(), e);
        }
    }

    private synchronized ServerSocketChannel listen(InetSocketAddress address, Targets targets) throws IOException {
        ServerSocketChannel socket = ServerSocketChannel.open();
        try {
            socket.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BYTES);
            socket.bind(address, BACKLOG);
            socket.configureBlocking(false);
            socket.register(selector, SelectionKey.OP_ACCEPT, targets);
            selector.wakeup();
            open.add(socket);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    private void accept() {
        List<SelectionKey> ready = new ArrayList<>();
        while (!closed) {
            try {
                selector.select();
                ready.clear();
                ready.addAll(selector.selectedKeys());
                selector.selectedKeys().clear();
                for (SelectionKey key : ready) {
                    SocketChannel accepted = ((ServerSocketChannel) key.channel()).accept();
                    if (accepted != null) {
                        handOn(accepted, (Targets) key.attachment());
                    }
                }
            } catch (ClosedSelectorException e) {
                return;
            } catch (ClosedChannelException | CancelledKeyException e) {
                LOG.debug("a socket was closed while it was accepted on", e);
            } catch (IOException e) {
                LOG.warn("accepting a migration's TCP connection failed: {}", e.toString());
                VmSockets.pause();
            }
        }
    }

    private void handOn(SocketChannel accepted, Targets targets) throws IOException {
        try {
            TcpSocket client = migrations.client(accepted, wanted -> fits(targets, accepted, wanted));
            accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
            migrations.accepted(accepted, client, targets.of(accepted, client));
        } catch (IOException e) {
            LOG.warn("{}; it is closed", e.getMessage());
            accepted.close();
        }
    }

    private static boolean fits(Targets targets, SocketChannel accepted, InetSocketAddress wanted) {
        try {
            return targets.fits(accepted, wanted);
        } catch (IOException e) {
            return false;
        }
    }

    /** The peer is the one whose address it is; what was wanted is that address. */
    private record OfLoopback(HdeConfig.Peer peer) implements Targets {
        @Override
        public boolean fits(SocketChannel accepted, InetSocketAddress wanted) throws IOException {
            return wanted.equals(accepted.getLocalAddress());
        }

        @Override
        public TcpMigrations.Target of(SocketChannel accepted, TcpSocket client) throws IOException {
            InetSocketAddress address = new InetSocketAddress(
                    InetAddress.getByName(peer.address().host()),
                    client.remote().getPort());
            return new TcpMigrations.Target(Optional.of(peer.name()), address);
        }
    }

    /** The rule catches what leads to peers' ports, and nothing else is to arrive here. */
    private record OfRule(Supplier<Map<InetAddress, HdeConfig.Peer>> peers) implements Targets {
        @Override
        public boolean fits(SocketChannel accepted, InetSocketAddress wanted) {
            HdeConfig.Peer peer = peers.get().get(wanted.getAddress());
            return peer != null && peer.migrationPorts().contains(wanted.getPort());
        }

        @Override
        public TcpMigrations.Target of(SocketChannel accepted, TcpSocket client) {
            HdeConfig.Peer peer = peers.get().get(client.remote().getAddress());
            return new TcpMigrations.Target(
                    peer != null && peer.mayReceive() ? Optional.of(peer.name()) : Optional.empty(), client.remote());
        }
    }

    /** Accepts no more; what is open goes on. */
    @Override
    public synchronized void close() {
        closed = true;
        try {
            for (ServerSocketChannel socket : open) {
                socket.close();
            }
            open.clear();
            selector.close();
        } catch (IOException e) {
            LOG.debug("closing the sockets of TCP migrations", e);
        }
    }
}
