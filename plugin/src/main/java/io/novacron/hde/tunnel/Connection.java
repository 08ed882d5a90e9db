package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.MessageReader;
import io.novacron.hde.wire.MessageWriter;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import javax.net.ssl.SSLSocket;

/**
 * One TCP connection to an authenticated peer's agent: what a {@link Tunnel} consists of, one after the other. Any thread
 * may send; one thread receives.
 */
final class Connection {
    /** How long a close in good order may take before the connection is simply dropped. Milliseconds. */
    private static final long GOOD_ORDER_MILLIS = 1_000;

    private final Peer peer;
    private final SSLSocket socket;
    private final Socket tcp;
    private final long silenceMillis;
    private final MessageReader reader;
    private final MessageWriter writer;

    /**
     * @param tcp what {@code socket} is layered over
     * @param silence how long the peer may say nothing
     * @param pacing how fast may be sent
     */
    Connection(Peer peer, SSLSocket socket, Socket tcp, Duration silence, Pacing pacing) throws IOException {
        this.peer = peer;
        this.socket = socket;
        this.tcp = tcp;
        this.silenceMillis = silence.toMillis();
        this.reader = new MessageReader(new BufferedInputStream(socket.getInputStream(), 64 << 10));
        this.writer = new MessageWriter(pacing.paced(peer, socket.getOutputStream()));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(Math.toIntExact(silenceMillis));
    }

    Peer peer() {
        return peer;
    }

    long bytesSent() {
        return writer.bytesWritten();
    }

    long bytesReceived() {
        return reader.bytesRead();
    }

    void send(Message message) throws IOException {
        writer.write(message);
    }

    /**
     * Waits for the peer's next message.
     *
     * @throws io.novacron.hde.wire.WireException when what came is no message of the protocol
     * @throws IOException when the connection is broken, has ended, or the peer is silent
     */
    Message receive() throws IOException {
        try {
            Message message = reader.read();
            if (message == null) {
                // anybody on the way can end a connection: an end without a Close means nothing
                throw new EOFException("the connection has ended");
            }
            return message;
        } catch (SocketTimeoutException e) {
            throw new TunnelException("the peer has been silent for " + silenceMillis + " ms", e);
        }
    }

    /** Ends it at once; a thread that sends or receives gets an IOException. */
    void drop() {
        TunnelTls.close(tcp);
    }

    /**
     * Says goodbye, as TLS wants it too, and ends it within a second. An SSLSocket waits for whoever is sending, and that
     * one for the peer, perhaps for ever: so the saying is left to a thread of its own, and the connection is dropped in
     * any case.
     */
    void close(Message.Close goodbye) {
        Thread thread = new Thread(() -> sayGoodbye(goodbye), "tunnel-close");
        thread.setDaemon(true);
        thread.start();
        try {
            thread.join(GOOD_ORDER_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        drop();
    }

    private void sayGoodbye(Message.Close goodbye) {
        try {
            send(goodbye);
        } catch (IOException e) {
            // the peer will find out by itself
        }
        TunnelTls.close(socket);
    }
}
