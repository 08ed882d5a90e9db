package io.novacron.hde.tunnel;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import javax.net.ssl.SSLSocket;

/** Opens tunnels to peers. Thread-safe. */
public final class TunnelDialer {
    private final TunnelTls tls;
    private final int timeoutMillis;

    public TunnelDialer(TunnelTls tls, Duration timeout) {
        this.tls = tls;
        this.timeoutMillis = Math.toIntExact(timeout.toMillis());
    }

    /** @throws TunnelException when the peer cannot be reached, or is not who it should be */
    public Tunnel dial(Peer peer) throws TunnelException {
        String target = peer.host() + ":" + peer.port();
        Socket tcp = new Socket();
        try {
            InetSocketAddress address = new InetSocketAddress(peer.host(), peer.port());
            if (address.isUnresolved()) {
                throw new TunnelException("peer " + peer.name() + ": the name " + peer.host() + " does not resolve");
            }
            tcp.connect(address, timeoutMillis);
            tcp.setSoTimeout(timeoutMillis);
            SSLSocket socket = tls.connecting(tcp);
            socket.startHandshake();
            if (!TunnelTls.belongsTo(socket.getSession(), peer)) {
                throw new TunnelException("peer " + peer.name() + " at " + target + " shows a certificate for "
                        + TunnelTls.names(socket.getSession()) + "; expected " + peer.certificateName()
                        + " (set peers." + peer.name() + ".certificate-name)");
            }
            return new Tunnel(peer, socket, tcp);
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
