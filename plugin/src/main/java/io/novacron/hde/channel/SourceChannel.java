package io.novacron.hde.channel;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.channel.ChannelProgress.Outcome;
import io.novacron.hde.codec.BatchPacker;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.Effort;
import io.novacron.hde.codec.References;
import io.novacron.hde.codec.Segment;
import io.novacron.hde.codec.SourceEncoder;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.qemu.stream.ReturnPathReader;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.wire.ChannelType;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.PeerText;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The source's end of a channel. Three threads: one reads QEMU's stream and encodes it into segments, one sends their
 * batches in order, one receives what comes back. Segments are packed in between by threads that all channels share.
 *
 * <p>Whatever goes wrong ends in QEMU's socket being closed: QEMU then gives the migration up and the VM runs on here.
 */
public final class SourceChannel {
    private static final Logger LOG = LoggerFactory.getLogger(SourceChannel.class);

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** A stream that pauses within a section is not waited for any longer than this. Milliseconds. */
    private static final long PAUSE_MILLIS = 5;

    private static final long PING_SECONDS = 1;

    /** After QEMU has closed, how long the rest may take: acknowledgements, QEMU's end over there, the commit. */
    private static final long CLOSING_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** After so many Naks the source refers to fewer pages that the destination should hold. */
    private static final int NAKS_UNTIL_SENT_ONLY = 4;

    private static final int NAKS_UNTIL_NONE = 8;

    /** A batch between encoder and acknowledgement. */
    private static final class Flight {
        final long sequence;
        final Segment segment;
        Future<?> packed;
        long wireBytes;
        // guarded by the channel
        long sentAt;
        boolean sentAgain;

        Flight(long sequence, Segment segment) {
            this.sequence = sequence;
            this.segment = segment;
        }
    }

    private sealed interface Outgoing {
        record First(Flight flight) implements Outgoing {}

        record Again(Flight flight) implements Outgoing {}

        record Other(Message message) implements Outgoing {}

        record End() implements Outgoing {}
    }

    private final ChannelId id;
    private final SocketChannel qemu;
    private final Tunnel tunnel;
    private final SourceOptions options;
    private final ExecutorService packers;
    private final ChannelMemory memory;
    private final SourceEncoder encoder;
    private final PageStore store;
    private final Baselines baselines;
    private final SiblingTables siblings;
    private final ChannelProgress progress;

    private final PackerPool packerPool;
    private final Window window;
    private final EffortChooser efforts;
    private final LinkedBlockingDeque<Outgoing> outgoing = new LinkedBlockingDeque<>();
    private final ReturnPathReader returnPath = new ReturnPathReader();
    private final SwitchoverClock switchover = new SwitchoverClock();
    private final Selector selector;

    // of the encoding thread, when it last ended a segment
    private long encodeNanos;
    private ChannelThread learner;
    private volatile boolean encoded;

    // guarded by this
    private final Deque<Flight> flights = new ArrayDeque<>();
    private boolean acknowledged;
    private long lastSequence;
    private boolean endSent;
    private boolean returnEnded;
    private boolean committing;
    private Message.Committed committed;
    private String failure;
    private int naks;

    public SourceChannel(
            ChannelId id,
            SocketChannel qemu,
            Tunnel tunnel,
            SourceOptions options,
            ExecutorService packers,
            SegmentPool segments,
            ChannelMemory memory,
            SourceEncoder encoder,
            PageStore store,
            Baselines baselines,
            SiblingTables siblings,
            ChannelProgress progress)
            throws IOException {
        this.id = id;
        this.qemu = qemu;
        this.tunnel = tunnel;
        this.options = options;
        this.packers = packers;
        this.memory = memory;
        this.encoder = encoder;
        this.store = store;
        this.baselines = baselines;
        this.siblings = siblings;
        if (!id.isMain()) {
            siblings.opened(id.number());
        }
        this.progress = progress;
        this.window = new Window(segments, System::nanoTime, memory.room().segments());
        this.packerPool = new PackerPool(options.pack(), store, options.dictionaries(), memory.room());
        this.efforts = options.level().isPresent()
                ? EffortChooser.fixed(options.level().getAsInt())
                : EffortChooser.automatic(System::nanoTime, options.spareProcessors()::count, options.linkRate());
        encoder.search(search(efforts.choose(window)));
        this.selector = Selector.open();
        qemu.configureBlocking(false);
        qemu.register(selector, SelectionKey.OP_READ);
    }

    /** Carries the channel to its end. */
    public void run() {
        tunnel.observe(new ConnectionLog(id, progress));
        ChannelThread sender = ChannelThread.start(id, "send", this::send, this::fail);
        ChannelThread receiver = ChannelThread.start(id, "receive", this::receive, this::fail);
        try {
            encode();
            if (awaitEnd()) {
                complete();
            } else {
                interrupted();
            }
        } catch (IOException | InterruptedException | ClosedSelectorException e) {
            fail(ChannelThread.describe(e));
            interrupted();
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("{}: failed", id, e);
            fail(ChannelThread.describe(e));
            interrupted();
        } finally {
            closeAll();
            encoded = true;
            siblings.lost(id.number());
            end(sender);
            end(receiver);
            if (learner != null) {
                learner.join(TimeUnit.NANOSECONDS.toMillis(CLOSING_NANOS));
            }
            awaitPackers();
            packerPool.close();
            progress.crossings(encoder.crossings());
            encoder.close();
            progress.wireBytes(tunnel.bytesSent() + tunnel.bytesReceived());
        }
    }

    /** Whether QEMU has closed its socket: what it connects for from now on is another migration. */
    public boolean qemuHasClosed() {
        return encoded;
    }

    /** Gives up: QEMU's socket is closed. Any thread. */
    public void abort(String reason) {
        fail(reason);
    }

    // ---- encode -----------------------------------------------------------------------------------------------------

    private void encode() throws IOException, InterruptedException {
        encodeNanos = THREADS.getCurrentThreadCpuTime();
        Segment segment = window.acquire();
        if (segment == null) {
            return;
        }
        encoder.begin(segment);
        boolean open = true;
        while (open) {
            int read = qemu.read(encoder.space());
            boolean flush;
            if (read > 0) {
                encoder.parse();
                switchover.read(encoder);
                flush = encoder.full();
            } else if (read < 0) {
                encoder.finish();
                open = false;
                flush = !encoder.empty();
            } else if (encoder.empty()) {
                selector.select();
                selector.selectedKeys().clear();
                flush = false;
            } else {
                flush = encoder.settled() || selector.select(PAUSE_MILLIS) == 0;
                selector.selectedKeys().clear();
            }
            if (flush) {
                submit(encoder.end());
                if (open) {
                    segment = window.acquire();
                    if (segment == null) {
                        return;
                    }
                    encoder.begin(segment);
                }
            } else if (!open) {
                window.release(segment);
            }
        }
        encoded = true;
        outgoing.add(new Outgoing.End());
    }

    /** How many resembling pages are looked for; none where several channels share the memory that this takes. */
    private int search(Effort effort) {
        return id.isMain() ? efforts.search(effort) : 0;
    }

    /** Without what the baselines hold the channel goes on, and only costs more. */
    private void doNotLearn(String reason) {
        LOG.warn("{}: the baselines cannot be searched for resembling pages: {}", id, reason);
    }

    private void submit(Segment segment) {
        progress.addStreamBytes(segment.length());
        progress.rounds(encoder.rounds());
        progress.passThroughReason(encoder.passThroughReason());
        window.submitted(segment.length());
        Effort effort = efforts.choose(window);
        int search = search(effort);
        encoder.search(search);
        if (search > 0 && learner == null && memory.hasBaselines() && encoder.wantsBaselines()) {
            learner = ChannelThread.start(id, "learn", () -> encoder.learnBaselines(() -> encoded), this::doNotLearn);
        }
        progress.effort(effort, efforts.linkRate());
        long encodedAt = THREADS.getCurrentThreadCpuTime();
        efforts.encoded(segment.packedPages(), encodedAt - encodeNanos);
        encodeNanos = encodedAt;
        synchronized (this) {
            Flight flight = new Flight(++lastSequence, segment);
            flights.add(flight);
            flight.packed = packers.submit(() -> pack(flight, effort));
            outgoing.add(new Outgoing.First(flight));
        }
    }

    private void pack(Flight flight, Effort effort) {
        Segment segment = flight.segment;
        packerPool.with(packer -> {
            long began = THREADS.getCurrentThreadCpuTime();
            packer.pack(segment, effort);
            long nanos = THREADS.getCurrentThreadCpuTime() - began;
            flight.wireBytes = segment.body().remaining();
            window.packed(flight.wireBytes);
            progress.packed().packed(segment.reports(), nanos);
            efforts.packed(effort, segment.packedPages(), flight.wireBytes, nanos);
            tryAnother(packer, segment, effort, flight.wireBytes, nanos);
            return null;
        });
        segment.packed();
        for (Tier tier : Tier.values()) {
            progress.addPages(tier, flight.segment.pages(tier));
        }
        for (Frame frame : flight.segment.frames()) {
            store.append(frame);
        }
    }

    /** Packs a segment once more, to see what another effort would have brought. */
    private void tryAnother(BatchPacker packer, Segment segment, Effort effort, long bytes, long nanos) {
        if (segment.newPages() < segment.packedPages()) {
            return;
        }
        Effort other = efforts.trial(effort, segment.newPages(), segment.hasReferences());
        if (other != null) {
            long began = THREADS.getCurrentThreadCpuTime();
            int otherBytes = packer.tryNew(segment, other);
            efforts.tried(effort, bytes, nanos, other, otherBytes, THREADS.getCurrentThreadCpuTime() - began);
        }
    }

    // ---- send -------------------------------------------------------------------------------------------------------

    private void send() throws IOException, InterruptedException {
        StreamHash hash = options.verifyStream() ? new StreamHash() : null;
        tunnel.send(new Message.Ping(System.nanoTime()));
        while (true) {
            Outgoing next = outgoing.poll(PING_SECONDS, TimeUnit.SECONDS);
            if (next == null) {
                tunnel.send(new Message.Ping(System.nanoTime()));
            } else if (next instanceof Outgoing.First first) {
                Flight flight = first.flight;
                if (hash != null) {
                    hash.update(flight.segment.stream());
                }
                await(flight.packed);
                synchronized (this) {
                    flight.sentAt = System.nanoTime();
                }
                tunnel.send(new Message.Batch(flight.sequence, flight.segment.body()));
            } else if (next instanceof Outgoing.Again again) {
                Flight flight = again.flight;
                ByteBuffer body = packerPool.with(packer -> packer.packRaw(flight.segment, 1));
                tunnel.send(new Message.Resend(flight.sequence, body));
            } else if (next instanceof Outgoing.Other other) {
                tunnel.send(other.message);
            } else {
                sendEnd(hash);
            }
            progress.wireBytes(tunnel.bytesSent() + tunnel.bytesReceived());
            progress.buffered(window.backlog(), window.bytesPerSecond());
            progress.look();
        }
    }

    private void sendEnd(StreamHash hash) throws IOException {
        String sha256 = hash == null ? null : hash.hex();
        progress.streamSha256(sha256);
        Message.End end;
        synchronized (this) {
            end = new Message.End(lastSequence, progress.streamBytes(), failure, sha256);
        }
        tunnel.send(end);
        synchronized (this) {
            endSent = true;
            notifyAll();
        }
    }

    private static void await(Future<?> packed) throws IOException, InterruptedException {
        try {
            packed.get();
        } catch (ExecutionException e) {
            throw new IOException("packing a batch failed: " + e.getCause(), e);
        }
    }

    // ---- receive ----------------------------------------------------------------------------------------------------

    private void receive() throws IOException {
        while (true) {
            Message message = tunnel.receive();
            if (message == null) {
                String reason = tunnel.closeReason();
                throw new TunnelException("peer " + id.peer()
                        + (reason == null ? " closed the tunnel" : " gave up: " + PeerText.of(reason)));
            } else if (message instanceof Message.Ack ack) {
                window.queued(ack.queuedBytes());
                acknowledged(ack.sequence());
            } else if (message instanceof Message.Nak nak) {
                refused(nak);
            } else if (message instanceof Message.Return bytes) {
                observe(bytes.bytes().duplicate());
                writeToQemu(bytes.bytes());
            } else if (message instanceof Message.ReturnEnd) {
                endReturn();
            } else if (message instanceof Message.Committed answer) {
                committed(answer);
            } else if (message instanceof Message.Pong pong) {
                window.roundTrip(Math.max(1, System.nanoTime() - pong.token()));
            } else {
                throw new TunnelException("peer " + id.peer() + " sent an unexpected "
                        + message.getClass().getSimpleName());
            }
        }
    }

    private void observe(ByteBuffer bytes) {
        if (isDisk()) {
            encoder.answered(bytes);
            return;
        }
        returnPath.read(bytes);
        if (returnPath.succeeded()) {
            switchover.loaded();
        }
    }

    private boolean isDisk() {
        return memory.type() == ChannelType.DISK;
    }

    private synchronized void acknowledged(long sequence) throws IOException {
        if (sequence > lastSequence) {
            throw new TunnelException(
                    "peer " + id.peer() + " acknowledged batch " + sequence + ", which there is not yet");
        }
        while (!flights.isEmpty() && flights.peek().sequence <= sequence) {
            Flight flight = flights.poll();
            if (flight.sentAt == 0) {
                throw new TunnelException(
                        "peer " + id.peer() + " acknowledged batch " + sequence + ", which was not sent");
            }
            acknowledged = true;
            progress.arrived(flight.segment.position(), flight.wireBytes);
            window.acknowledged(flight.segment, flight.wireBytes, flight.sentAt);
        }
        switchover.delivered();
        notifyAll();
    }

    private synchronized void refused(Message.Nak nak) throws IOException {
        for (Flight flight : flights) {
            if (flight.sequence == nak.sequence() && flight.sentAt != 0 && !flight.sentAgain) {
                flight.sentAgain = true;
                LOG.warn("{}: batch {} is sent again raw: {}", id, nak.sequence(), PeerText.of(nak.reason()));
                progress.addNak();
                naks++;
                if (naks == NAKS_UNTIL_SENT_ONLY) {
                    LOG.warn("{}: peer {} misses pages of agreed baselines; they are no longer used", id, id.peer());
                    encoder.references(References.SENT);
                } else if (naks == NAKS_UNTIL_NONE) {
                    LOG.warn("{}: peer {} misses pages that were sent to it; nothing is referred to", id, id.peer());
                    encoder.references(References.NONE);
                }
                outgoing.addFirst(new Outgoing.Again(flight));
                return;
            }
        }
        throw new TunnelException("peer " + id.peer() + " refused batch " + nak.sequence()
                + ", which is not on its way, or was sent again already");
    }

    private synchronized void committed(Message.Committed answer) throws IOException {
        if (!committing) {
            throw new TunnelException("peer " + id.peer() + " committed what it was not asked to");
        }
        committed = answer;
        notifyAll();
    }

    private void writeToQemu(ByteBuffer bytes) {
        ByteBuffer rest = bytes.duplicate();
        try {
            while (rest.hasRemaining()) {
                if (qemu.write(rest) == 0) {
                    // QEMU reads its return path at once; a full socket is a matter of its scheduling
                    LockSupport.parkNanos(200_000);
                }
            }
        } catch (IOException e) {
            // a QEMU that has closed wants no answers; the encoder sees the end of its stream
            LOG.debug("{}: {} bytes of the return path are not wanted any more", id, rest.remaining(), e);
        }
    }

    private void endReturn() {
        synchronized (this) {
            returnEnded = true;
            notifyAll();
        }
        try {
            qemu.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("{}: QEMU has closed already", id, e);
        }
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    /** Waits until both QEMUs have closed and everything has arrived; false if something went wrong before. */
    private synchronized boolean awaitEnd() throws InterruptedException {
        if (!awaitPeer(() -> endSent && flights.isEmpty() && returnEnded)) {
            failure = "QEMU has closed its socket, but peer " + id.peer() + " did not finish in time";
        }
        return failure == null && succeeded();
    }

    /** False when it took too long; the time without a connection, which has a limit of its own, does not count. */
    private synchronized boolean awaitPeer(BooleanSupplier done) throws InterruptedException {
        long deadline = System.nanoTime() + CLOSING_NANOS;
        while (failure == null && !done.getAsBoolean()) {
            long now = System.nanoTime();
            if (!tunnel.isConnected()) {
                if (!encoder.mayEnd()) {
                    // QEMU has given up: nothing that the peer could still say is of use
                    return false;
                }
                deadline = now + CLOSING_NANOS;
            } else if (now > deadline) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, LOOK_NANOS);
        }
        return true;
    }

    /** QEMU's own word where there is a return path; without one, that everything has arrived. */
    private boolean succeeded() {
        if (!encoder.mayEnd() && (id.isMain() || progress.streamBytes() > 0)) {
            failure = isDisk()
                    ? "QEMU closed its connection in the middle of copying the disk"
                    : "QEMU ended the stream before the end of the guest's memory";
        } else if (encoder.returnPathOpened() && !returnPath.succeeded()) {
            failure = "the destination QEMU did not report success";
        }
        return failure == null;
    }

    private void complete() throws InterruptedException {
        switchover.times().ifPresent(progress::switchover);
        if (!id.isMain()) {
            MemoryTable own = memory.table();
            if (siblings.ended(id.number(), memory.start(), own)) {
                keep(List.of(own));
            }
        } else if (!encoder.memoryComplete()) {
            // Passed through, after postcopy's switch for example. What the destination's memory is now is not known,
            // but
            // what crossed until then is.
            keep(List.of(memory.table()));
        } else if (!isDisk() || memory.table().presentPages() > 0) {
            commit();
        }
        progress.finished(Outcome.COMPLETED, null);
    }

    private void commit() throws InterruptedException {
        Optional<MemoryTable> merged = siblings.merge(memory.table());
        if (merged.isEmpty()) {
            LOG.warn("{}: no new baseline: another channel of the migration has failed", id);
            return;
        }
        MemoryTable table = merged.get();
        String root = table.root().toString();
        long capturedAt = System.currentTimeMillis();
        Message.Committed answer;
        synchronized (this) {
            committing = true;
            outgoing.add(new Outgoing.Other(new Message.Commit(root, capturedAt)));
            awaitPeer(() -> committed != null);
            answer = committed;
        }
        if (answer != null && answer.kept()) {
            baselines.completed(id, table, root, capturedAt);
            progress.baselineCommitted(root);
        } else {
            LOG.warn(
                    "{}: no new baseline: peer {} {}",
                    id,
                    id.peer(),
                    answer == null ? "did not confirm it" : "has computed another root, " + answer.root());
        }
    }

    /** The destination stopped somewhere between what it acknowledged and what was sent. */
    private void interrupted() {
        List<MemoryTable> tables = new ArrayList<>();
        String reason;
        synchronized (this) {
            // before the first flight, then after each
            List<MemoryTable> all = encoder.tables(
                    flights.stream().map(flight -> flight.segment).toList());
            if (acknowledged) {
                tables.add(all.get(0));
            }
            int at = 0;
            for (Flight flight : flights) {
                at++;
                if (flight.sentAt != 0) {
                    tables.add(all.get(at));
                }
            }
            reason = failure;
        }
        closeAll();
        keep(tables);
        progress.finished(Outcome.FAILED, reason);
    }

    private void keep(List<MemoryTable> own) {
        List<MemoryTable> tables = new ArrayList<>(own);
        if (id.isMain()) {
            tables.addAll(siblings.mainFailed());
        }
        tables.removeIf(table -> table.presentPages() == 0);
        if (!tables.isEmpty()) {
            baselines.interrupted(id, tables);
        }
    }

    private synchronized void fail(String reason) {
        if (failure == null) {
            failure = reason;
        }
        closeAll();
        notifyAll();
    }

    private synchronized String failure() {
        return failure;
    }

    private void closeAll() {
        window.close();
        tunnel.close(failure());
        try {
            qemu.close();
            selector.close();
        } catch (IOException e) {
            LOG.debug("{}: closing", id, e);
        }
    }

    // ---- threads ----------------------------------------------------------------------------------------------------

    private static void end(ChannelThread thread) {
        thread.interrupt();
        thread.join(TimeUnit.NANOSECONDS.toMillis(CLOSING_NANOS));
    }

    private void awaitPackers() {
        List<Flight> left;
        synchronized (this) {
            left = List.copyOf(flights);
        }
        for (Flight flight : left) {
            try {
                await(flight.packed);
            } catch (IOException e) {
                LOG.debug("{}: batch {}", id, flight.sequence, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
