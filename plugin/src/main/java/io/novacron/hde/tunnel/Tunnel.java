package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.MessageReader;
import io.novacron.hde.wire.MessageWriter;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLSocket;

/**
 * An authenticated connection to a peer's agent. Any thread may send; one thread receives. A peer that says nothing for
 * {@link #SILENCE_MILLIS} counts as lost: whoever opened the tunnel sends a Ping every second, and the other answers.
 */
public final class Tunnel implements AutoCloseable {
    /** How long a peer may be silent. Milliseconds. */
    public static final int SILENCE_MILLIS = 30_000;

    /** How long a close in good order may take before the connection is simply dropped. Milliseconds. */
    private static final long GOOD_ORDER_MILLIS = 1_000;

    private final Peer peer;
    private final SSLSocket socket;
    private final Socket tcp;
    private final MessageReader reader;
    private final MessageWriter writer;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** @param tcp what {@code socket} is layered over */
    Tunnel(Peer peer, SSLSocket socket, Socket tcp) throws IOException {
        this.peer = peer;
        this.socket = socket;
        this.tcp = tcp;
        this.reader = new MessageReader(new BufferedInputStream(socket.getInputStream(), 64 << 10));
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
            Message message = reader.read();
            if (message == null && closed.get()) {
                throw new TunnelException("the tunnel to peer " + peer.name() + " has been closed at this end");
            }
            return message;
        } catch (SocketTimeoutException e) {
            throw new TunnelException(
                    "peer " + peer.name() + " has been silent for " + SILENCE_MILLIS / 1000 + " s; is the link down?",
                    e);
        }
    }

    /**
     * Closes at once, or, where the peer has stopped reading, within a second; a thread that is sending or receiving gets
     * an IOException.
     */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            closeInOrder(socket, tcp);
        }
    }

    /**
     * Says goodbye as TLS wants it. An SSLSocket waits for whoever is sending, and that one for the peer, perhaps for
     * ever: so the saying is left to a thread of its own, and the connection below is dropped in any case.
     */
    private static void closeInOrder(SSLSocket socket, Socket tcp) {
        Thread goodbye = new Thread(() -> TunnelTls.close(socket), "tunnel-close");
        goodbye.setDaemon(true);
        goodbye.start();
        try {
            goodbye.join(GOOD_ORDER_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        TunnelTls.close(tcp);
    }
}
