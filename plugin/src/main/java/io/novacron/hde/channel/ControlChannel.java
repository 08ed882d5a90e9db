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
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Either end of a channel of type control: what comes from a socket crosses the tunnel at once and as it is, both ways,
 * the end of each direction by itself. Three threads: one reads the socket, one receives from the tunnel, one writes to
 * the socket. Whoever does not read is waited for; what comes for him meanwhile stays in the tunnel but for a few messages.
 * The thread that receives does not write itself: it alone makes a new connection, which the other direction may need.
 */
public final class ControlChannel {
    private static final Logger LOG = LoggerFactory.getLogger(ControlChannel.class);

    private static final int BYTES = 64 << 10;
    private static final int MOST_WAITING = 4;
    private static final long LOOK_MILLIS = 100;

    /** How long the other threads may take to end. */
    private static final long JOIN_MILLIS = 10_000;

    private static final long UNTIL_IT_ENDS = 0;

    private final ChannelId id;
    private final SocketChannel socket;
    private final Tunnel tunnel;
    private final ChannelProgress progress;
    private final BlockingQueue<Message> toWrite = new ArrayBlockingQueue<>(MOST_WAITING);

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
        ChannelThread writer = ChannelThread.start(id, "write", this::write, this::fail);
        try {
            receive();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail("interrupted");
        } catch (IOException e) {
            fail(ChannelThread.describe(e));
        } finally {
            if (isOver()) {
                writer.join(UNTIL_IT_ENDS);
            }
            closeAll();
            writer.interrupt();
            writer.join(JOIN_MILLIS);
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

    private void receive() throws IOException, InterruptedException {
        while (true) {
            Message message = tunnel.receive();
            progress.wireBytes(tunnel.bytesSent() + tunnel.bytesReceived());
            if (message instanceof Message.Data data) {
                progress.addStreamBytes(data.bytes().remaining());
                handToWriter(data);
            } else if (message instanceof Message.DataEnd) {
                handToWriter(message);
                ended(false);
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

    private void handToWriter(Message message) throws IOException, InterruptedException {
        synchronized (this) {
            if (endReceived) {
                throw new TunnelException("peer " + id.peer() + " sent more after its end");
            }
        }
        while (!toWrite.offer(message, LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            tunnel.keepConnected();
        }
    }

    private void write() throws IOException, InterruptedException {
        while (toWrite.take() instanceof Message.Data data) {
            ByteBuffer bytes = data.bytes();
            while (bytes.hasRemaining()) {
                try {
                    socket.write(bytes);
                } catch (IOException e) {
                    throw new TunnelException("the connection was closed with something still to come: " + e, e);
                }
            }
        }
        shutdownOutput();
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
