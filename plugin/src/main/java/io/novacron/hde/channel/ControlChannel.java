package io.novacron.hde.channel;

import io.novacron.hde.channel.ChannelProgress.Outcome;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.PeerText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Either end of a channel of type control: what comes from a socket crosses the tunnel at once and as it is, both ways,
 * the end of each direction by itself. Two threads, which wait for whoever does not read: nothing is queued but what the
 * sockets and the tunnel hold.
 */
public final class ControlChannel {
    private static final Logger LOG = LoggerFactory.getLogger(ControlChannel.class);

    private static final int BYTES = 64 << 10;

    /** How long the thread that sends may take to end. */
    private static final long JOIN_MILLIS = 10_000;

    private final ChannelId id;
    private final SocketChannel socket;
    private final Tunnel tunnel;
    private final ChannelProgress progress;

    // guarded by this
    private boolean endSent;
    private boolean endReceived;
    private String failure;

    public ControlChannel(ChannelId id, SocketChannel socket, Tunnel tunnel, ChannelProgress progress) {
        this.id = id;
        this.socket = socket;
        this.tunnel = tunnel;
        this.progress = progress;
    }

    /** Carries the channel to its end. */
    public void run() {
        tunnel.observe(new ConnectionLog(id, progress));
        ChannelThread sender = ChannelThread.start(id, "send", this::send, this::fail);
        try {
            receive();
        } catch (IOException e) {
            fail(ChannelThread.describe(e));
        } finally {
            closeAll();
            sender.join(JOIN_MILLIS);
            progress.wireBytes(tunnel.bytesSent() + tunnel.bytesReceived());
            String reason = failure();
            progress.finished(reason == null ? Outcome.COMPLETED : Outcome.FAILED, reason);
        }
    }

    /** Gives up: the socket is closed. Any thread. */
    public void abort(String reason) {
        fail(reason);
    }

    private void send() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BYTES);
        while (socket.read(buffer.clear()) >= 0) {
            progress.addStreamBytes(buffer.position());
            // the tunnel keeps it until the peer has it
            tunnel.send(new Message.Data(ByteBuffer.wrap(Arrays.copyOf(buffer.array(), buffer.position()))));
        }
        if (id.sending()) {
            tunnel.send(new Message.DataEnd());
            ended(true);
        } else {
            // the peer may close as soon as it has it
            ended(true);
            tunnel.send(new Message.DataEnd());
        }
    }

    private void receive() throws IOException {
        while (true) {
            Message message = tunnel.receive();
            progress.wireBytes(tunnel.bytesSent() + tunnel.bytesReceived());
            if (message instanceof Message.Data data) {
                write(data.bytes());
            } else if (message instanceof Message.DataEnd) {
                ended(false);
                shutdownOutput();
            } else if (message == null) {
                if (!isOver()) {
                    String reason = tunnel.closeReason();
                    throw new TunnelException("peer " + id.peer()
                            + (reason == null ? " closed the tunnel" : " gave up: " + PeerText.of(reason)));
                }
                return;
            } else {
                throw new TunnelException("peer " + id.peer() + " sent an unexpected "
                        + message.getClass().getSimpleName());
            }
        }
    }

    private void write(ByteBuffer bytes) throws IOException {
        synchronized (this) {
            if (endReceived) {
                throw new TunnelException("peer " + id.peer() + " sent more after its end");
            }
        }
        progress.addStreamBytes(bytes.remaining());
        while (bytes.hasRemaining()) {
            try {
                socket.write(bytes);
            } catch (IOException e) {
                throw new TunnelException("the connection was closed with something still to come: " + e, e);
            }
        }
    }

    private void shutdownOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("{}: closed already", id, e);
        }
    }

    /** When both directions have ended, whoever has opened the tunnel closes it; the other waits for that. */
    private void ended(boolean sent) {
        boolean over;
        synchronized (this) {
            endSent |= sent;
            endReceived |= !sent;
            over = endSent && endReceived;
        }
        if (over && id.sending()) {
            tunnel.close();
        }
    }

    private synchronized boolean isOver() {
        return endSent && endReceived;
    }

    private synchronized String failure() {
        return failure;
    }

    private void fail(String reason) {
        synchronized (this) {
            if (failure == null && !(endSent && endReceived)) {
                failure = reason;
            }
        }
        closeAll();
    }

    private void closeAll() {
        tunnel.close(failure());
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("{}: closing", id, e);
        }
    }
}
