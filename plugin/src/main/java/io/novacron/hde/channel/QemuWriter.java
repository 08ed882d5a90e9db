package io.novacron.hde.channel;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.wire.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the destination's QEMU what has been rebuilt, batch by batch, and acknowledges it; then ends the stream and
 * commits the new baseline. A thread of its own runs it, so that QEMU reads one batch while the next is rebuilt.
 */
final class QemuWriter {
    private static final Logger LOG = LoggerFactory.getLogger(QemuWriter.class);

    private static final long LOOK_MILLIS = 100;

    /** In the order in which they take effect. */
    sealed interface Item {
        /**
         * A batch, verified.
         *
         * @param stream the bytes for QEMU, from position to limit
         * @param table the guest's memory once they are written; nobody changes it any more
         */
        record Batch(long sequence, ByteBuffer stream, MemoryTable table) implements Item {}

        record End(Message.End message) implements Item {}

        record Commit(Message.Commit message) implements Item {}

        record Over() implements Item {}
    }

    private final ChannelId id;
    private final SocketChannel qemu;
    private final Tunnel tunnel;
    private final Baselines baselines;
    private final SiblingTables siblings;
    private final ChannelMemory memory;
    private final ChannelProgress progress;
    private final LongSupplier queuedBytes;
    private final StreamHash hash;

    // One at a time: whoever hands over the next knows that the one before has been dealt with.
    private final SynchronousQueue<Item> items = new SynchronousQueue<>();
    private volatile boolean over;
    private volatile String failure = "nothing more is written to the destination QEMU";
    private volatile boolean ended;
    private volatile boolean kept;
    private volatile MemoryTable table = new MemoryTable(List.of());

    /**
     * @param memory of which only the start is read, once the stream has ended
     * @param queuedBytes how many bytes have arrived that are not yet rebuilt
     * @param verifyStream whether to compute the SHA-256 of all that QEMU gets, and to compare it with the source's
     */
    QemuWriter(
            ChannelId id,
            SocketChannel qemu,
            Tunnel tunnel,
            Baselines baselines,
            SiblingTables siblings,
            ChannelMemory memory,
            ChannelProgress progress,
            LongSupplier queuedBytes,
            boolean verifyStream) {
        this.id = id;
        this.qemu = qemu;
        this.tunnel = tunnel;
        this.baselines = baselines;
        this.siblings = siblings;
        this.memory = memory;
        this.progress = progress;
        this.queuedBytes = queuedBytes;
        this.hash = verifyStream ? new StreamHash() : null;
    }

    /** The guest's memory as far as QEMU has it. */
    MemoryTable table() {
        return table;
    }

    /** Whether the stream has ended and QEMU has all of it. */
    boolean ended() {
        return ended;
    }

    /** Whether the new baseline has been committed. */
    boolean kept() {
        return kept;
    }

    /** Returns when the item is being worked on and the one before is done with. */
    void hand(Item item) throws TunnelException, InterruptedException {
        while (!items.offer(item, LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            if (over) {
                throw new TunnelException(failure);
            }
        }
    }

    /** Lets the thread end when it has done all that was handed to it; a QEMU that does not read is waited for so long. */
    void finish(long millis) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            while (!over
                    && System.nanoTime() < deadline
                    && !items.offer(new Item.Over(), LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                // still writing
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the thread does. */
    void run() throws IOException, InterruptedException {
        try {
            while (true) {
                Item item = items.take();
                if (item instanceof Item.Batch batch) {
                    write(batch);
                } else if (item instanceof Item.End end) {
                    end(end.message);
                } else if (item instanceof Item.Commit commit) {
                    commit(commit.message);
                } else {
                    return;
                }
            }
        } catch (IOException e) {
            failure = ChannelThread.describe(e);
            throw e;
        } finally {
            over = true;
        }
    }

    private void write(Item.Batch batch) throws IOException {
        ByteBuffer stream = batch.stream;
        if (hash != null) {
            hash.update(stream.duplicate());
        }
        progress.addStreamBytes(stream.remaining());
        while (stream.hasRemaining()) {
            try {
                qemu.write(stream);
            } catch (IOException e) {
                throw new TunnelException(
                        "the destination QEMU closed its socket with " + stream.remaining() + " bytes of batch "
                                + batch.sequence + " still to come: " + e.getMessage(),
                        e);
            }
        }
        table = batch.table;
        tunnel.send(new Message.Ack(batch.sequence, queuedBytes.getAsLong()));
    }

    private void end(Message.End end) throws IOException {
        ended = true;
        if (hash != null) {
            String sha256 = hash.hex();
            progress.streamSha256(sha256);
            if (end.streamSha256() != null && !end.streamSha256().equals(sha256)) {
                throw new TunnelException("the stream that came out is not the one that went in: SHA-256 " + sha256
                        + " instead of " + end.streamSha256());
            }
        }
        if (!id.isMain()) {
            if (siblings.ended(id.number(), memory.start(), table) && table.presentPages() > 0) {
                baselines.interrupted(id, List.of(table));
            }
        }
        if (qemu.isOpen()) {
            try {
                qemu.shutdownOutput();
            } catch (IOException e) {
                LOG.debug("{}: QEMU has closed already", id, e);
            }
        }
    }

    private void commit(Message.Commit commit) throws IOException, InterruptedException {
        Optional<MemoryTable> merged = siblings.merge(table);
        MemoryTable whole = merged.orElse(table);
        String root = whole.root().toString();
        boolean same = merged.isPresent() && root.equals(commit.root());
        if (same) {
            baselines.completed(id, whole, root, commit.capturedAt());
            progress.baselineCommitted(root);
            kept = true;
        } else {
            LOG.warn("{}: no new baseline: the root here is {}, at peer {} {}", id, root, id.peer(), commit.root());
        }
        tunnel.send(new Message.Committed(root, same));
    }
}
