package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts the tunnels of peers on one port. Each is handed to the handler on a thread of its own.
 *
 * <p>Whoever connects has to prove within a set time that it is a peer. Until then it counts against a number of its own,
 * so that strangers can neither use up the tunnels nor hold a thread for long.
 */
public final class TunnelListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TunnelListener.class);

    /** How many connections may be at the handshake at a time; further ones are closed at once. */
    static final int MAX_HANDSHAKES = 32;

    /** Takes a tunnel over; it is closed when this returns. */
    public interface Handler {
        void handle(Tunnel tunnel) throws IOException;
    }

    private final TunnelTls tls;
    private final ServerSocket server;
    private final List<Peer> peers;
    private final long handshakeMillis;
    private final Semaphore handshakes = new Semaphore(MAX_HANDSHAKES);
    private final Semaphore channels;
    private final int maxChannels;
    private final Handler handler;
    private final Thread acceptor;
    private final ScheduledThreadPoolExecutor deadlines;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Binds and starts to accept.
     *
     * @param handshakeTimeout within which whoever connects has to be known as a peer
     * @param maxChannels how many tunnels may be open at a time; further ones are refused
     * @throws TunnelException when the address cannot be bound
     */
    public TunnelListener(
            TunnelTls tls,
            InetSocketAddress address,
            List<Peer> peers,
            Duration handshakeTimeout,
            int maxChannels,
            Handler handler)
            throws TunnelException {
        this.tls = tls;
        this.peers = List.copyOf(peers);
        this.handshakeMillis = handshakeTimeout.toMillis();
        this.channels = new Semaphore(maxChannels);
        this.maxChannels = maxChannels;
        this.handler = handler;
        try {
            server = new ServerSocket();
            server.setReuseAddress(true);
            server.bind(address, 64);
        } catch (IOException e) {
            throw new TunnelException(
                    "tunnel.listen: cannot listen on " + address + ": " + e.getMessage()
                            + "; is another agent running?",
                    e);
        }
        deadlines = new ScheduledThreadPoolExecutor(1, work -> daemon(work, "tunnel-deadlines"));
        deadlines.setRemoveOnCancelPolicy(true);
        acceptor = daemon(this::accept, "tunnel-accept");
        acceptor.start();
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Where it listens: of use when port 0 was asked for. */
    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!closed) {
            try {
                Socket tcp = server.accept();
                if (!handshakes.tryAcquire()) {
                    LOG.warn(
                            "refused a connection from {}: {} others have not yet shown a certificate",
                            tcp.getRemoteSocketAddress(),
                            MAX_HANDSHAKES);
                    TunnelTls.close(tcp);
                    continue;
                }
                open.add(tcp);
                daemon(() -> serve(tcp), "tunnel-" + tcp.getRemoteSocketAddress())
                        .start();
            } catch (IOException e) {
                if (!closed) {
                    LOG.warn("accepting a tunnel failed: {}", e.toString());
                    pause();
                }
            }
        }
    }

    /** Out of descriptors, say: without a pause this would be a busy loop. */
    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(Socket tcp) {
        SocketAddress from = tcp.getRemoteSocketAddress();
        try {
            Tunnel tunnel = admit(tcp, from);
            if (tunnel != null) {
                try (tunnel) {
                    handler.handle(tunnel);
                } finally {
                    channels.release();
                }
            }
        } catch (IOException e) {
            if (!closed) {
                LOG.warn("tunnel from {}: {}", from, e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.error("tunnel from {} failed", from, e);
        } finally {
            TunnelTls.close(tcp);
            open.remove(tcp);
        }
    }

    /** The tunnel, if it is a peer's and there is room for it: then one of the channels is taken. */
    private Tunnel admit(Socket tcp, SocketAddress from) {
        Future<?> deadline = deadlines.schedule(
                () -> {
                    LOG.warn(
                            "refused a connection from {}: not known as a peer within {} ms (tunnel.connect-timeout)",
                            from,
                            handshakeMillis);
                    TunnelTls.close(tcp);
                },
                handshakeMillis,
                TimeUnit.MILLISECONDS);
        try {
            Tunnel tunnel = authenticate(tcp, from);
            if (tunnel == null || channels.tryAcquire()) {
                return tunnel;
            }
            deadline.cancel(false);
            refuse(tunnel);
        } catch (IOException e) {
            if (!deadline.isDone() && !closed) {
                LOG.warn(
                        "refused a connection from {}: no TLS 1.3 with a trusted certificate: {}",
                        from,
                        e.getMessage());
            }
        } finally {
            deadline.cancel(false);
            handshakes.release();
        }
        return null;
    }

    private Tunnel authenticate(Socket tcp, SocketAddress from) throws IOException {
        SSLSocket socket = tls.accepting(tcp);
        socket.startHandshake();
        for (Peer peer : peers) {
            if (TunnelTls.belongsTo(socket.getSession(), peer)) {
                return new Tunnel(peer, socket, tcp);
            }
        }
        LOG.warn(
                "refused a tunnel from {}: its certificate is for {}, which is no peer in the configuration",
                from,
                TunnelTls.names(socket.getSession()));
        TunnelTls.close(socket);
        return null;
    }

    private void refuse(Tunnel tunnel) {
        LOG.warn(
                "refused a tunnel of peer {}: {} are open already (tunnel.max-channels)",
                tunnel.peer().name(),
                maxChannels);
        try (tunnel) {
            tunnel.send(new Message.Refuse(maxChannels + " tunnels are open here already (tunnel.max-channels)"));
            // its Hello: to close with that unread might take the answer away from it
            tunnel.receive();
        } catch (IOException e) {
            LOG.debug("refusing peer {}", tunnel.peer().name(), e);
        }
    }

    /** Stops accepting and closes what is open. */
    @Override
    public void close() {
        closed = true;
        TunnelTls.close(server);
        deadlines.shutdownNow();
        open.forEach(TunnelTls::close);
    }
}
