package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.UUID;
import javax.net.ssl.SSLSocket;

/** Opens tunnels to peers. Thread-safe. */
public final class TunnelDialer {
    private final TunnelTls tls;
    private final TunnelTimes times;

    public TunnelDialer(TunnelTls tls, TunnelTimes times) {
        this.tls = tls;
        this.times = times;
    }

    /** @throws TunnelException when the peer cannot be reached, or is not who it should be */
    public Tunnel dial(Peer peer) throws TunnelException {
        Connection connection = connect(peer, times.connect());
        // nobody else must be able to name it
        String id = UUID.randomUUID().toString().replace("-", "");
        Tunnel tunnel = new Tunnel(connection, new Redial(this, id, times.resume()), times.resume());
        try {
            connection.send(new Message.Open(id));
            return tunnel;
        } catch (IOException e) {
            tunnel.close();
            throw new TunnelException("no tunnel to peer " + peer.name() + ": " + e.getMessage(), e);
        }
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
            return new Connection(peer, socket, tcp, times.silence());
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
