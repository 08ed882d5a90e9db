package io.novacron.hde.agent;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.codec.ChannelRoom;
import io.novacron.hde.metrics.ChannelLedger;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.wire.ChannelType;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The channels that run, and the last ones that ended. Thread-safe. */
final class Channels {
    private static final long COLLECT_AFTER_MILLIS = 500;
    private static final int RECENT = 64;

    /** A migration there, and one here. */
    private static final int WITH_WIDE_ROOM = 2;

    private final Map<ChannelProgress, Consumer<String>> running = new LinkedHashMap<>();
    private final Deque<ChannelProgress> recent = new ArrayDeque<>();
    private final int limit;
    private final Runnable whenIdle;
    private final ChannelLedger ledger;
    private final Consumer<ChannelProgress> history;

    /**
     * None.
     *
     * @param limit how many may run at a time
     * @param whenIdle lets go of what is kept for the next channel
     */
    Channels(int limit, Runnable whenIdle) {
        this(limit, whenIdle, new ChannelLedger(), unused -> {});
    }

    /**
     * The same, for an agent that is watched.
     *
     * @param ledger is told of all channels
     * @param history gets those that have ended, after that
     */
    Channels(int limit, Runnable whenIdle, ChannelLedger ledger, Consumer<ChannelProgress> history) {
        this.limit = limit;
        this.whenIdle = whenIdle;
        this.ledger = ledger;
        this.history = history;
    }

    /** Whether another channel may begin. */
    synchronized boolean hasRoom() {
        return running.size() < limit;
    }

    /**
     * Sees that another channel may begin.
     *
     * @throws TunnelException when none may
     */
    void requireRoom() throws TunnelException {
        if (!hasRoom()) {
            throw new TunnelException("too many channels are open on this host (tunnel.max-channels)");
        }
    }

    /** How much memory the next channel may use: a VM's disks are copied beside its memory, and a seed has time. */
    synchronized ChannelRoom room(ChannelType type) {
        boolean hurries = type != ChannelType.DISK && type != ChannelType.SEED;
        return hurries && running.size() < WITH_WIDE_ROOM ? ChannelRoom.WIDE : ChannelRoom.NARROW;
    }

    /**
     * Adds a channel that begins.
     *
     * @param abort ends it, for the reason given
     */
    synchronized void add(ChannelProgress progress, Consumer<String> abort) {
        running.put(progress, abort);
        ledger.begun(progress);
    }

    /**
     * Carries a channel to its end.
     *
     * @param abort ends it, for the reason given
     * @param channel returns when it has ended
     */
    void carry(ChannelProgress progress, Consumer<String> abort, Runnable channel) {
        add(progress, abort);
        ChannelLog.open(progress);
        try {
            channel.run();
        } finally {
            ended(progress);
            ChannelLog.ended(progress);
        }
    }

    void ended(ChannelProgress progress) {
        try {
            remove(progress);
        } finally {
            history.accept(progress);
        }
    }

    private synchronized void remove(ChannelProgress progress) {
        running.remove(progress);
        ledger.ended(progress);
        recent.addFirst(progress);
        if (recent.size() > RECENT) {
            recent.removeLast();
        }
        notifyAll();
        if (running.isEmpty()) {
            CompletableFuture.delayedExecutor(COLLECT_AFTER_MILLIS, TimeUnit.MILLISECONDS)
                    .execute(this::collect);
        }
    }

    /** Buffers outside the heap are given back with the objects that hold them, and an idle agent collects nothing. */
    void collect() {
        if (running().isEmpty()) {
            whenIdle.run();
            System.gc();
        }
    }

    synchronized List<ChannelProgress> running() {
        return new ArrayList<>(running.keySet());
    }

    /** The ones that have ended, newest first. */
    synchronized List<ChannelProgress> recent() {
        return new ArrayList<>(recent);
    }

    /** Whether a channel of this VM runs, either way. */
    synchronized boolean running(String vmUuid) {
        return running.keySet().stream()
                .anyMatch(progress -> progress.id().vmUuid().equals(vmUuid));
    }

    /** Waits until none runs. */
    synchronized void awaitNone() throws InterruptedException {
        while (!running.isEmpty()) {
            wait();
        }
    }

    /**
     * Waits until no migration runs, and then so long for conversations of libvirt's, which may go on for ever.
     *
     * @param patience after the last migration; libvirt has a few words to say when the memory has arrived
     */
    synchronized void awaitNoMigration(Duration patience) throws InterruptedException {
        while (running.keySet().stream().anyMatch(progress -> progress.type() != ChannelType.CONTROL)) {
            wait();
        }
        long deadline = System.nanoTime() + patience.toNanos();
        for (long left = patience.toMillis();
                left > 0 && !running.isEmpty();
                left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())) {
            wait(left);
        }
    }

    /** Ends all of them. */
    void abortAll(String reason) {
        List<Consumer<String>> aborts;
        synchronized (this) {
            aborts = new ArrayList<>(running.values());
        }
        aborts.forEach(abort -> abort.accept(reason));
    }
}
