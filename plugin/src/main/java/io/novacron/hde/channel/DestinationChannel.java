package io.novacron.hde.channel;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.channel.ChannelProgress.Outcome;
import io.novacron.hde.codec.BatchRebuilder;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.CodecException;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.qemu.stream.ReturnPathReader;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.wire.ChannelType;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.PeerText;
import io.novacron.hde.wire.Protocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The destination's end of a channel. Four threads: one receives from the tunnel, one rebuilds batches, one writes their
 * bytes to QEMU, one relays what QEMU says back.
 *
 * <p>Whatever goes wrong ends in both sockets being closed: this QEMU gives up, and so does the source's.
 */
public final class DestinationChannel {
    private static final Logger LOG = LoggerFactory.getLogger(DestinationChannel.class);

    private static final int RETURN_BYTES = 32 << 10;

    private static final long LOOK_MILLIS = 200;

    /** How long a thread may take to end. */
    private static final long JOIN_MILLIS = 10_000;

    /** More than a source may have on its way, whose segments hold half a megabyte of stream each. */
    private static final long MAX_QUEUED_BYTES = 48 << 20;

    /** Ends the rebuilding thread, after all that came before it. */
    private static final Message OVER = new Message.Refuse("the tunnel has closed");

    private final ChannelId id;
    private final SocketChannel qemu;
    private final Tunnel tunnel;
    private final ChannelMemory memory;
    private final BatchRebuilder rebuilder;
    private final PageStore store;
    private final Baselines baselines;
    private final SiblingTables siblings;
    private final ChannelProgress progress;
    private final QemuWriter writer;

    // what the rebuilding thread is to do
    private final LinkedBlockingQueue<Message> incoming = new LinkedBlockingQueue<>();
    private final AtomicLong queuedBytes = new AtomicLong();
    // batches behind one that is being sent again
    private final ArrayDeque<Message.Batch> waiting = new ArrayDeque<>();
    private final ReturnPathReader returnPath = new ReturnPathReader();
    private long expected = 1;
    private boolean awaitingResend;
    private boolean ended;
    private boolean committing;
    private volatile String failure;
    private volatile boolean closing;

    public DestinationChannel(
            ChannelId id,
            SocketChannel qemu,
            Tunnel tunnel,
            ChannelMemory memory,
            BatchRebuilder rebuilder,
            PageStore store,
            Baselines baselines,
            SiblingTables siblings,
            ChannelProgress progress,
            boolean verifyStream) {
        this.id = id;
        this.qemu = qemu;
        this.tunnel = tunnel;
        this.memory = memory;
        this.rebuilder = rebuilder;
        this.store = store;
        this.baselines = baselines;
        this.siblings = siblings;
        if (!id.isMain()) {
            siblings.opened(id.number());
        }
        this.progress = progress;
        this.writer =
                new QemuWriter(id, qemu, tunnel, baselines, siblings, memory, progress, queuedBytes::get, verifyStream);
    }

    /** Carries the channel to its end. */
    public void run() {
        tunnel.observe(new ConnectionLog(id, progress));
        ChannelThread rebuilding = ChannelThread.start(id, "rebuild", this::rebuild, this::fail);
        ChannelThread writing = ChannelThread.start(id, "write", writer::run, this::fail);
        ChannelThread returning = ChannelThread.start(id, "return", this::relayReturn, this::fail);
        try {
            receive();
        } catch (IOException | InterruptedException e) {
            // whether the source still learns that all has arrived changes nothing here
            if (!writer.kept()) {
                fail(ChannelThread.describe(e));
                incoming.clear();
            }
        } finally {
            incoming.add(OVER);
            rebuilding.join(JOIN_MILLIS);
            writer.finish(JOIN_MILLIS);
            writing.join(JOIN_MILLIS);
            // what the threads run into from here on is no reason, but a consequence
            closing = true;
            closeAll();
            rebuilding.join(JOIN_MILLIS);
            writing.join(JOIN_MILLIS);
            returning.join(JOIN_MILLIS);
            rebuilder.close();
            siblings.lost(id.number());
            progress.wireBytes(tunnel.bytesSent() + tunnel.bytesReceived());
            finish();
        }
    }

    /** Gives up: QEMU's socket is closed. Any thread. */
    public void abort(String reason) {
        fail(reason);
    }

    // ---- receive ----------------------------------------------------------------------------------------------------

    private void receive() throws IOException, InterruptedException {
        while (true) {
            Message message = tunnel.receive();
            if (message == null) {
                if (tunnel.closeReason() != null) {
                    throw new TunnelException("peer " + id.peer() + " gave up: " + PeerText.of(tunnel.closeReason()));
                }
                return;
            } else if (message instanceof Message.Ping ping) {
                tunnel.send(new Message.Pong(ping.token()));
            } else if (message instanceof Message.Batch
                    || message instanceof Message.Resend
                    || message instanceof Message.End
                    || message instanceof Message.Commit) {
                incoming.add(message);
                long bytes = queuedBytes.addAndGet(bytes(message));
                if (incoming.size() > 2 * Protocol.MAX_BATCHES_IN_FLIGHT || bytes > MAX_QUEUED_BYTES) {
                    throw new TunnelException("peer " + id.peer()
                            + " has more batches on their way than the protocol's " + Protocol.MAX_BATCHES_IN_FLIGHT);
                }
            } else {
                throw new TunnelException("peer " + id.peer() + " sent an unexpected "
                        + message.getClass().getSimpleName());
            }
            progress.wireBytes(tunnel.bytesSent() + tunnel.bytesReceived());
            progress.look();
        }
    }

    private static int bytes(Message message) {
        if (message instanceof Message.Batch batch) {
            return batch.body().remaining();
        } else if (message instanceof Message.Resend resend) {
            return resend.body().remaining();
        }
        return 0;
    }

    // ---- rebuild ----------------------------------------------------------------------------------------------------

    private void rebuild() throws IOException, InterruptedException {
        while (true) {
            Message message = incoming.take();
            queuedBytes.addAndGet(-bytes(message));
            if (message instanceof Message.Batch batch) {
                if (awaitingResend) {
                    if (waiting.size() == Protocol.MAX_BATCHES_IN_FLIGHT) {
                        throw new TunnelException("peer " + id.peer() + " does not send batch " + expected + " again");
                    }
                    waiting.add(batch);
                } else {
                    batch(batch);
                }
            } else if (message instanceof Message.Resend resend) {
                again(resend);
            } else if (message instanceof Message.End end) {
                end(end);
            } else if (message instanceof Message.Commit commit) {
                commit(commit);
            } else if (message == OVER) {
                return;
            }
        }
    }

    private void batch(Message.Batch batch) throws IOException, InterruptedException {
        if (batch.sequence() != expected || ended) {
            throw new TunnelException(
                    "peer " + id.peer() + " sent batch " + batch.sequence() + " where " + expected + " is due");
        }
        ByteBuffer stream;
        try {
            stream = rebuilder.rebuild(batch.body());
        } catch (CodecException e) {
            LOG.warn("{}: batch {} cannot be rebuilt and is asked for again: {}", id, expected, e.getMessage());
            progress.addNak();
            awaitingResend = true;
            tunnel.send(new Message.Nak(expected, e.getMessage()));
            return;
        }
        deliver(stream);
    }

    private void again(Message.Resend resend) throws IOException, InterruptedException {
        if (!awaitingResend || resend.sequence() != expected) {
            throw new TunnelException(
                    "peer " + id.peer() + " sent batch " + resend.sequence() + " again without being asked");
        }
        awaitingResend = false;
        deliver(rebuilder.rebuildRaw(resend.body()));
        while (!waiting.isEmpty() && !awaitingResend) {
            batch(waiting.poll());
        }
    }

    /** Everything in it is verified by now. */
    private void deliver(ByteBuffer stream) throws IOException, InterruptedException {
        writer.hand(new QemuWriter.Item.Batch(expected, stream, memory.table().copy()));
        expected++;
        for (Tier tier : Tier.values()) {
            progress.addPages(tier, rebuilder.pages(tier));
        }
        for (Frame frame : rebuilder.frames()) {
            store.append(frame);
        }
    }

    private void end(Message.End end) throws IOException, InterruptedException {
        if (end.aborted() != null) {
            throw new TunnelException("peer " + id.peer() + " gave up: " + PeerText.of(end.aborted()));
        }
        if (awaitingResend || end.lastSequence() != expected - 1) {
            throw new TunnelException("peer " + id.peer() + " ended after batch " + end.lastSequence() + " where "
                    + (expected - 1) + " have arrived");
        }
        ended = true;
        writer.hand(new QemuWriter.Item.End(end));
    }

    private void commit(Message.Commit commit) throws IOException, InterruptedException {
        if (!ended || committing) {
            throw new TunnelException("peer " + id.peer() + " sent a Commit out of order");
        }
        committing = true;
        writer.hand(new QemuWriter.Item.Commit(commit));
    }

    // ---- return -----------------------------------------------------------------------------------------------------

    private void relayReturn() throws IOException, InterruptedException {
        ByteBuffer buffer = ByteBuffer.allocate(RETURN_BYTES);
        while (true) {
            int read;
            try {
                read = qemu.read(buffer.clear());
            } catch (IOException e) {
                read = -1;
            }
            if (read < 0) {
                tunnel.send(new Message.ReturnEnd());
                watchConnection();
                return;
            }
            buffer.flip();
            if (memory.type() == ChannelType.MEMORY) {
                returnPath.read(buffer.duplicate());
            }
            // the tunnel keeps it until the source has it
            tunnel.send(new Message.Return(ByteBuffer.wrap(Arrays.copyOf(buffer.array(), read))));
        }
    }

    /** For a QEMU that has gone without a word of success no lost connection is waited for. */
    private void watchConnection() throws InterruptedException {
        while (!closing && !writer.ended() && !returnPath.succeeded()) {
            if (!tunnel.isConnected()) {
                fail("the destination QEMU has closed its socket while there was no connection to peer " + id.peer());
                return;
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    /** The source decides whether the migration succeeded, and says so by committing. */
    private void finish() {
        boolean memoryless = writer.table().presentPages() == 0;
        boolean isDisk = memory.type() == ChannelType.DISK;
        boolean followsMain = !id.isMain() && writer.ended();
        if (!writer.kept() && !followsMain) {
            List<MemoryTable> tables = new ArrayList<>(List.of(writer.table()));
            if (id.isMain()) {
                tables.addAll(siblings.mainFailed());
            }
            tables.removeIf(table -> table.presentPages() == 0);
            if (!tables.isEmpty()) {
                baselines.interrupted(id, tables);
            }
        }
        if (failure == null
                && writer.ended()
                && (writer.kept() || memoryless || isDisk || followsMain || returnPath.succeeded())) {
            progress.finished(Outcome.COMPLETED, null);
            return;
        }
        progress.finished(Outcome.FAILED, failure == null ? "peer " + id.peer() + " closed before the end" : failure);
    }

    private void fail(String reason) {
        synchronized (this) {
            if (failure == null && !closing) {
                failure = reason;
            }
        }
        closeAll();
    }

    private void closeAll() {
        tunnel.close(failure);
        try {
            qemu.close();
        } catch (IOException e) {
            LOG.debug("{}: closing", id, e);
        }
    }
}
