package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens tunnels to peers. Thread-safe. */
public final class TunnelDialer {
    private static final Logger LOG = LoggerFactory.getLogger(TunnelDialer.class);

    private static final long AGAIN_MILLIS = 500;

    /** TCP asks once more after a second. */
    private static final Duration SOON = Duration.ofSeconds(3);

    private final TunnelTls tls;
    private final TunnelTimes times;
    private final Pacing pacing;

    /** @param pacing how fast tunnels may send, those that peers open too */
    public TunnelDialer(TunnelTls tls, TunnelTimes times, Pacing pacing) {
        this.tls = tls;
        this.times = times;
        this.pacing = pacing;
    }

    /**
     * One whose tunnels send no more than so many bytes a second, all together, beside what this one's may.
     *
     * @param lifted whether that no longer counts
     */
    public TunnelDialer slower(OptionalLong maxBandwidth, BooleanSupplier lifted) {
        return new TunnelDialer(tls, times, pacing.slower(maxBandwidth, lifted));
    }

    /**
     * Opens a tunnel. A link that breaks meanwhile is tried again for as long as a tunnel would be resumed.
     *
     * @throws TunnelException when the peer cannot be reached, or is not who it should be
     */
    public Tunnel dial(Peer peer) throws TunnelException {
        String id = newId();
        long end = System.nanoTime() + times.resume().toNanos();
        while (true) {
            try {
                return open(peer, id, times.connect());
            } catch (TunnelException e) {
                if (System.nanoTime() >= end || !isOfTheLink(e.getCause())) {
                    throw e;
                }
                LOG.warn(
                        "{}; trying again for up to {} s",
                        e.getMessage(),
                        times.resume().toSeconds());
            }
            try {
                Thread.sleep(AGAIN_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new TunnelException("interrupted while connecting to peer " + peer.name(), e);
            }
        }
    }

    /**
     * Opens a tunnel, or finds out soon that there is none: for who knows another way.
     *
     * @throws TunnelException as {@link #dial}
     */
    public Tunnel dialOnce(Peer peer) throws TunnelException {
        return open(peer, newId(), SOON);
    }

    /** Nobody else must be able to name it. */
    private static String newId() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private Tunnel open(Peer peer, String id, Duration most) throws TunnelException {
        Connection connection = connect(peer, most);
        try {
            connection.send(new Message.Open(id));
        } catch (IOException e) {
            connection.drop();
            throw new TunnelException("no tunnel to peer " + peer.name() + ": " + e.getMessage(), e);
        }
        return new Tunnel(connection, new Redial(this, id, times.resume()), times.resume());
    }

    /** Whether the way to the peer failed, and not the peer. */
    private static boolean isOfTheLink(Throwable cause) {
        if (cause instanceof SSLHandshakeException) {
            return cause.getCause() instanceof EOFException;
        }
        return cause instanceof IOException && !isRefused(cause);
    }

    /** Whether the peer's host answers, but nobody listens. */
    static boolean isRefused(Throwable cause) {
        return cause instanceof ConnectException
                && String.valueOf(cause.getMessage()).contains("refused");
    }

    /** @param most for TCP; the handshake after it may take the configured time */
    Connection connect(Peer peer, Duration most) throws TunnelException {
        String target = peer.host() + ":" + peer.port();
        int handshakeMillis = Math.toIntExact(times.connect().toMillis());
        Socket tcp = new Socket();
        try {
            InetSocketAddress address = new InetSocketAddress(peer.host(), peer.port());
            if (address.isUnresolved()) {
                throw new TunnelException("peer " + peer.name() + ": the name " + peer.host() + " does not resolve");
            }
            tcp.connect(address, Math.toIntExact(Math.min(handshakeMillis, most.toMillis())));
            tcp.setSoTimeout(handshakeMillis);
            SSLSocket socket = tls.connecting(tcp);
            socket.startHandshake();
            if (!TunnelTls.belongsTo(socket.getSession(), peer)) {
                throw new TunnelException("peer " + peer.name() + " at " + target + " shows a certificate for "
                        + TunnelTls.names(socket.getSession()) + "; expected " + peer.certificateName()
                        + " (set peers." + peer.name() + ".certificate-name)");
            }
            return new Connection(peer, socket, tcp, times.silence(), pacing);
        } catch (TunnelException e) {
            TunnelTls.close(tcp);
            throw e;
        } catch (IOException e) {
            TunnelTls.close(tcp);
            throw new TunnelException(
                    "no tunnel to peer " + peer.name() + " at " + target + ": " + e.getMessage()
                            + "; is its agent running, and does it trust this host's certificate?",
                    e);
        }
    }
}
