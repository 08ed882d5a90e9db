package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.WireException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts the tunnels of peers on one port. Each is handed to the handler on a thread of its own; a further connection of a
 * tunnel that is open goes to that one.
 *
 * <p>Whoever connects has to prove within a set time that it is a peer, and to say what it wants. Until then it counts
 * against a number of its own, so that strangers can neither use up the tunnels nor hold a thread for long.
 */
public final class TunnelListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TunnelListener.class);

    private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");

    /** How many connections may be at the handshake at a time; further ones are closed at once. */
    static final int MAX_HANDSHAKES = 32;

    /** Takes a tunnel over; it is closed when this returns. */
    public interface Handler {
        void handle(Tunnel tunnel) throws IOException;
    }

    /** A tunnel belongs to the peer that opened it: no other can resume it. */
    private record Key(String peer, String tunnel) {}

    private final TunnelTls tls;
    private final ServerSocket server;
    private final List<Peer> peers;
    private final TunnelTimes times;
    private final Pacing pacing;
    private final Semaphore handshakes = new Semaphore(MAX_HANDSHAKES);
    private final Semaphore channels;
    private final int maxChannels;
    /** How many of the tunnels one peer may have, so that the others find some left. */
    private final int share;

    private final Map<String, Semaphore> shares = new ConcurrentHashMap<>();
    private final Handler handler;
    private final Thread acceptor;
    private final ScheduledThreadPoolExecutor deadlines;
    /** Connections that do not belong to a tunnel yet. */
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private final Map<Key, Tunnel> tunnels = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * Binds and starts to accept.
     *
     * @param times its connect time is that within which whoever connects has to be known as a peer
     * @param pacing how fast tunnels may send
     * @param maxChannels how many tunnels may be open at a time; further ones are refused. With several peers one of them
     *     gets three quarters of that at most
     * @throws TunnelException when the address cannot be bound
     */
    public TunnelListener(
            TunnelTls tls,
            InetSocketAddress address,
            List<Peer> peers,
            TunnelTimes times,
            Pacing pacing,
            int maxChannels,
            Handler handler)
            throws TunnelException {
        this.tls = tls;
        this.peers = List.copyOf(peers);
        this.times = times;
        this.pacing = pacing;
        this.channels = new Semaphore(maxChannels);
        this.maxChannels = maxChannels;
        this.share = peers.size() > 1 ? Math.max(1, maxChannels * 3 / 4) : maxChannels;
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
        boolean adopted = false;
        try {
            Admitted admitted = admit(tcp, from);
            if (admitted != null) {
                adopted = serve(admitted);
            }
        } catch (IOException e) {
            if (!closed) {
                LOG.warn("tunnel from {}: {}", from, e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.error("tunnel from {} failed", from, e);
        } finally {
            open.remove(tcp);
            if (!adopted) {
                TunnelTls.close(tcp);
            }
        }
    }

    /** A peer's connection, and the first thing that it said. */
    private record Admitted(Connection connection, Message first) {}

    private Admitted admit(Socket tcp, SocketAddress from) {
        Future<?> deadline = deadlines.schedule(
                () -> {
                    LOG.warn(
                            "refused a connection from {}: not known as a peer within {} ms (tunnel.connect-timeout)",
                            from,
                            times.connect().toMillis());
                    TunnelTls.close(tcp);
                },
                times.connect().toMillis(),
                TimeUnit.MILLISECONDS);
        Connection connection = null;
        try {
            connection = authenticate(tcp, from);
            return connection == null ? null : new Admitted(connection, connection.receive());
        } catch (IOException e) {
            if (deadline.isDone() || closed) {
                return null;
            }
            if (connection == null) {
                LOG.warn(
                        "refused a connection from {}: no TLS 1.3 with a trusted certificate: {}",
                        from,
                        e.getMessage());
            } else {
                LOG.warn(
                        "a connection of peer {} has not said what it is for: {}",
                        connection.peer().name(),
                        e.getMessage());
            }
            return null;
        } finally {
            deadline.cancel(false);
            handshakes.release();
        }
    }

    /** Whether the connection belongs to a tunnel that goes on. */
    private boolean serve(Admitted admitted) throws IOException {
        Connection connection = admitted.connection;
        if (admitted.first instanceof Message.Open first && isId(first.tunnel())) {
            begin(connection, new Key(connection.peer().name(), first.tunnel()), null);
            return false;
        } else if (admitted.first instanceof Message.Resume resume && isId(resume.tunnel())) {
            return resume(connection, new Key(connection.peer().name(), resume.tunnel()), resume);
        }
        refuse(connection, "a connection begins with Open or Resume; upgrade the older of the two agents");
        return false;
    }

    private static boolean isId(String text) {
        return text != null && ID.matcher(text).matches();
    }

    private boolean resume(Connection connection, Key key, Message.Resume resume) throws IOException {
        Tunnel tunnel = tunnels.get(key);
        if (tunnel != null) {
            return adopt(tunnel, connection, resume);
        }
        if (resume.received() == 0) {
            // its first connection may have been lost before anything of it was seen here
            begin(connection, key, new Message.Resumed(0));
        } else {
            refuse(connection, "this agent knows nothing of that tunnel (any more); was it restarted?");
        }
        return false;
    }

    private boolean adopt(Tunnel tunnel, Connection connection, Message.Resume resume) throws IOException {
        try {
            return tunnel.adopt(connection, resume);
        } catch (WireException e) {
            refuse(connection, e.getMessage());
            tunnel.close(e.getMessage());
            return false;
        }
    }

    /** @param answer to a Resume, null to an Open */
    private void begin(Connection connection, Key key, Message.Resumed answer) throws IOException {
        if (!channels.tryAcquire()) {
            refuse(connection, maxChannels + " tunnels are open here already (tunnel.max-channels)");
            return;
        }
        try {
            beginWithinShare(connection, key, answer);
        } finally {
            channels.release();
        }
    }

    private void beginWithinShare(Connection connection, Key key, Message.Resumed answer) throws IOException {
        Semaphore own = shares.computeIfAbsent(key.peer, peer -> new Semaphore(share));
        if (!own.tryAcquire()) {
            refuse(
                    connection,
                    "peer " + key.peer + " has opened " + share
                            + " tunnels here already, which is its share (tunnel.max-channels)");
            return;
        }
        try {
            Tunnel tunnel = new Tunnel(connection, new PeerReturns(times.resume()), times.resume());
            try (tunnel) {
                if (closed || tunnels.putIfAbsent(key, tunnel) != null) {
                    throw new TunnelException("peer " + key.peer + " has opened a tunnel twice");
                }
                try {
                    if (answer != null) {
                        connection.send(answer);
                    }
                    handler.handle(tunnel);
                } finally {
                    tunnels.remove(key);
                }
            }
        } finally {
            own.release();
        }
    }

    private Connection authenticate(Socket tcp, SocketAddress from) throws IOException {
        SSLSocket socket = tls.accepting(tcp);
        socket.startHandshake();
        for (Peer peer : peers) {
            if (TunnelTls.belongsTo(socket.getSession(), peer)) {
                return new Connection(peer, socket, tcp, times.silence(), pacing);
            }
        }
        LOG.warn(
                "refused a tunnel from {}: its certificate is for {}, which is no peer in the configuration",
                from,
                TunnelTls.names(socket.getSession()));
        TunnelTls.close(socket);
        return null;
    }

    private static void refuse(Connection connection, String reason) throws IOException {
        LOG.warn("refused a tunnel of peer {}: {}", connection.peer().name(), reason);
        connection.send(new Message.Refuse(reason));
        // closing with something unread might take the answer away from the peer, which closes when it has it
        try {
            while (!(connection.receive() instanceof Message.Close)) {
                // whatever it has sent meanwhile
            }
        } catch (IOException e) {
            LOG.debug("refusing peer {}", connection.peer().name(), e);
        }
    }

    /** Stops accepting and closes what is open. */
    @Override
    public void close() {
        closed = true;
        TunnelTls.close(server);
        deadlines.shutdownNow();
        open.forEach(TunnelTls::close);
        tunnels.values().forEach(tunnel -> tunnel.close("the agent is stopping"));
    }
}
