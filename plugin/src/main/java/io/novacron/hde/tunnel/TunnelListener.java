package io.novacron.hde.tunnel;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts the tunnels of peers on one port. Each is handed to the handler on a thread of its own. */
public final class TunnelListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TunnelListener.class);

    /** Takes a tunnel over; it is closed when this returns. */
    public interface Handler {
        void handle(Tunnel tunnel) throws IOException;
    }

    private final SSLServerSocket server;
    private final List<Peer> peers;
    private final int handshakeMillis;
    private final Semaphore channels;
    private final int maxChannels;
    private final Handler handler;
    private final Thread acceptor;
    private final Set<SSLSocket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Binds and starts to accept.
     *
     * @param maxChannels how many tunnels may be open at a time; further ones are closed at once
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
        this.peers = List.copyOf(peers);
        this.handshakeMillis = Math.toIntExact(handshakeTimeout.toMillis());
        this.channels = new Semaphore(maxChannels);
        this.maxChannels = maxChannels;
        this.handler = handler;
        try {
            server = (SSLServerSocket) tls.server().getServerSocketFactory().createServerSocket();
            server.setReuseAddress(true);
            server.setSSLParameters(TunnelTls.parameters());
            server.bind(address, 64);
        } catch (IOException e) {
            throw new TunnelException(
                    "tunnel.listen: cannot listen on " + address + ": " + e.getMessage()
                            + "; is another agent running?",
                    e);
        }
        acceptor = new Thread(this::accept, "tunnel-accept");
        acceptor.setDaemon(true);
        acceptor.start();
    }

    /** Where it listens: of use when port 0 was asked for. */
    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!closed) {
            try {
                SSLSocket socket = (SSLSocket) server.accept();
                if (!channels.tryAcquire()) {
                    LOG.warn(
                            "refused a connection from {}: {} tunnels are open already (tunnel.max-channels)",
                            socket.getRemoteSocketAddress(),
                            maxChannels);
                    socket.close();
                    continue;
                }
                open.add(socket);
                Thread thread = new Thread(() -> serve(socket), "tunnel-" + socket.getRemoteSocketAddress());
                thread.setDaemon(true);
                thread.start();
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

    private void serve(SSLSocket socket) {
        SocketAddress from = socket.getRemoteSocketAddress();
        try (socket) {
            Tunnel tunnel = authenticate(socket, from);
            if (tunnel != null) {
                handler.handle(tunnel);
            }
        } catch (IOException e) {
            if (!closed) {
                LOG.warn("tunnel from {}: {}", from, e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.error("tunnel from {} failed", from, e);
        } finally {
            open.remove(socket);
            channels.release();
        }
    }

    private Tunnel authenticate(SSLSocket socket, SocketAddress from) {
        try {
            socket.setSoTimeout(handshakeMillis);
            socket.startHandshake();
            for (Peer peer : peers) {
                if (TunnelTls.belongsTo(socket.getSession(), peer)) {
                    return new Tunnel(peer, socket);
                }
            }
            LOG.warn(
                    "refused a tunnel from {}: its certificate is for {}, which is no peer in the configuration",
                    from,
                    TunnelTls.names(socket.getSession()));
        } catch (IOException e) {
            LOG.warn("refused a connection from {}: no TLS 1.3 with a trusted certificate: {}", from, e.getMessage());
        }
        return null;
    }

    /** Stops accepting and closes what is open. */
    @Override
    public void close() {
        closed = true;
        try {
            server.close();
        } catch (IOException e) {
            LOG.debug("closing the tunnel's listening socket", e);
        }
        for (SSLSocket socket : open) {
            try {
                socket.close();
            } catch (IOException e) {
                LOG.debug("closing a tunnel", e);
            }
        }
    }
}
