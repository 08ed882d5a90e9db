package io.novacron.hde.channel;

import io.novacron.hde.channel.ChannelProgress.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two connections as if they were one: what comes from either goes to the other at once and as it is, the end of each
 * direction by itself. Two threads, which wait for whoever does not read.
 */
public final class PlainRelay {
    private static final Logger LOG = LoggerFactory.getLogger(PlainRelay.class);

    private static final int BYTES = 256 << 10;

    private final ChannelId id;
    private final SocketChannel qemu;
    private final SocketChannel remote;
    private final ChannelProgress progress;

    // guarded by this
    private String failure;

    /** @param reason why there is no tunnel */
    public PlainRelay(ChannelId id, SocketChannel qemu, SocketChannel remote, ChannelProgress progress, String reason) {
        this.id = id;
        this.qemu = qemu;
        this.remote = remote;
        this.progress = progress;
        progress.passThroughReason("connected without the tunnel: " + reason);
    }

    /** Carries both directions to their end. */
    public void run() {
        ChannelThread back = ChannelThread.start(id, "return", () -> pump(remote, qemu), this::abort);
        try {
            pump(qemu, remote);
        } catch (IOException e) {
            abort(ChannelThread.describe(e));
        } finally {
            back.join(0);
            close();
            String reason = failure();
            progress.finished(reason == null ? Outcome.COMPLETED : Outcome.FAILED, reason);
        }
    }

    /** Gives up: both are closed. Any thread. */
    public void abort(String reason) {
        synchronized (this) {
            if (failure == null) {
                failure = reason;
            }
        }
        close();
    }

    private void pump(SocketChannel from, SocketChannel to) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);
        while (from.read(buffer.clear()) >= 0) {
            buffer.flip();
            progress.addStreamBytes(buffer.remaining());
            while (buffer.hasRemaining()) {
                to.write(buffer);
            }
            progress.wireBytes(progress.streamBytes());
        }
        try {
            to.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("{}: closed already", id, e);
        }
    }

    private synchronized String failure() {
        return failure;
    }

    private void close() {
        for (SocketChannel socket : new SocketChannel[] {qemu, remote}) {
            try {
                socket.close();
            } catch (IOException e) {
                LOG.debug("{}: closing", id, e);
            }
        }
    }
}
