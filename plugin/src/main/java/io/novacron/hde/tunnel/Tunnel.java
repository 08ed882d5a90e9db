package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.MessageReader;
import io.novacron.hde.wire.MessageWriter;
import java.io.IOException;
import java.net.SocketTimeoutException;
import javax.net.ssl.SSLSocket;

/**
 * An authenticated connection to a peer's agent. Any thread may send; one thread receives. A peer that says nothing for
 * {@link #SILENCE_MILLIS} counts as lost: whoever opened the tunnel sends a Ping every second, and the other answers.
 */
public final class Tunnel implements AutoCloseable {
    /** How long a peer may be silent. Milliseconds. */
    public static final int SILENCE_MILLIS = 30_000;

    private final Peer peer;
    private final SSLSocket socket;
    private final MessageReader reader;
    private final MessageWriter writer;

    Tunnel(Peer peer, SSLSocket socket) throws IOException {
        this.peer = peer;
        this.socket = socket;
        this.reader = new MessageReader(new java.io.BufferedInputStream(socket.getInputStream(), 64 << 10));
        this.writer = new MessageWriter(socket.getOutputStream());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(SILENCE_MILLIS);
    }

    public Peer peer() {
        return peer;
    }

    /** Bytes of messages sent, framing included, TLS and TCP not. */
    public long bytesSent() {
        return writer.bytesWritten();
    }

    /** Bytes of messages received, framing included, TLS and TCP not. */
    public long bytesReceived() {
        return reader.bytesRead();
    }

    /** @throws IOException when the tunnel is broken */
    public void send(Message message) throws IOException {
        writer.write(message);
    }

    /**
     * Waits for the peer's next message.
     *
     * @return null when the peer has closed the tunnel in good order
     * @throws IOException when the tunnel is broken, the peer silent, or what it sent not of the protocol
     */
    public Message receive() throws IOException {
        try {
            return reader.read();
        } catch (SocketTimeoutException e) {
            throw new TunnelException(
                    "peer " + peer.name() + " has been silent for " + SILENCE_MILLIS / 1000 + " s; is the link down?",
                    e);
        }
    }

    /** Closes at once; a thread that is sending or receiving gets an IOException. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // closing is all that was wanted
        }
    }
}
