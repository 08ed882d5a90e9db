package io.novacron.hde.channel;

import io.novacron.hde.codec.Segment;
import io.novacron.hde.wire.Protocol;
import java.util.function.LongSupplier;

/**
 * What is on its way and how much may be: bounded in segments, because each holds stream bytes that may be asked for
 * again, and in encoded bytes, because QEMU takes what we have accepted for sent. QEMU estimates the downtime from the
 * speed at which its socket drains (migration.c, migration_update_counters), so what waits here would be added to it.
 *
 * <p>The second bound follows the link: as much as it carries in its own round trip and {@link #SLACK_NANOS}. So does a
 * third, in stream bytes, for what costs the link nothing and the destination time: pages that it reads from its store.
 */
final class Window {
    /** Beyond the round trip, so that the link never runs dry between two acknowledgements. */
    private static final long SLACK_NANOS = 40_000_000L;

    private static final long LEAST_BYTES = 128 << 10;
    private static final long LEAST_STREAM_BYTES = 1 << 20;
    private static final long MOST_BYTES = 16 << 20;
    /** Fewer than this would leave encoder, packers and sender waiting for each other. */
    static final int LEAST_SEGMENTS = 4;

    // a link that became slower is noticed after two seconds, a destination that did after half a second
    private final LinkRate rate = new LinkRate(20);
    private final LinkRate streamRate = new LinkRate(5);
    private final SegmentPool segments;
    private final LongSupplier clock;
    private final int mostSegments;
    private int outstanding;
    private long backlog;
    private long streamBacklog;
    private int packing;
    private long waitedNanos;
    private long waitedForPackersNanos;
    private long queued;
    private boolean closed;

    /**
     * An empty window.
     *
     * @param clock monotonic, in nanoseconds
     * @param mostSegments that may be on their way at a time
     */
    Window(SegmentPool segments, LongSupplier clock, int mostSegments) {
        this.mostSegments = Math.min(mostSegments, Protocol.MAX_BATCHES_IN_FLIGHT);
        this.segments = segments;
        this.clock = clock;
    }

    /**
     * Waits until another segment may be begun.
     *
     * @return null when the window has been closed
     */
    synchronized Segment acquire() throws InterruptedException {
        long began = clock.getAsLong();
        boolean waitedForLink = false;
        boolean waitedForPackers = false;
        while (!closed && isFull()) {
            waitedForLink |= isFullOfBytes(clock.getAsLong());
            waitedForPackers |= 2 * packing > outstanding;
            wait(20);
        }
        if (waitedForLink) {
            waited(clock.getAsLong() - began);
        } else if (waitedForPackers) {
            waitedForPackers(clock.getAsLong() - began);
        }
        if (closed) {
            return null;
        }
        outstanding++;
        return segments.take();
    }

    /** The encoder has waited so long because the window was full of bytes on their way. */
    synchronized void waited(long nanos) {
        waitedNanos += nanos;
    }

    /** The encoder has waited so long because most of what is on its way had not been packed. */
    synchronized void waitedForPackers(long nanos) {
        waitedForPackersNanos += nanos;
    }

    /** A segment of so many stream bytes is on its way. */
    synchronized void submitted(long streamBytes) {
        packing++;
        streamBacklog += streamBytes;
    }

    /** A segment has been packed to this many bytes. */
    synchronized void packed(long wireBytes) {
        packing--;
        backlog += wireBytes;
    }

    /** The destination has so many bytes that it has not yet rebuilt. */
    synchronized void queued(long bytes) {
        queued = bytes;
    }

    /** A segment has arrived; it may be used again. */
    synchronized void acknowledged(Segment segment, long wireBytes, long sentAt) {
        backlog -= wireBytes;
        outstanding--;
        streamBacklog -= segment.length();
        long now = clock.getAsLong();
        rate.acknowledged(now, wireBytes, sentAt);
        streamRate.acknowledged(now, segment.length(), sentAt);
        segments.give(segment);
        notifyAll();
    }

    /** A segment that was acquired turned out to be of no use. */
    synchronized void release(Segment segment) {
        outstanding--;
        segments.give(segment);
        notifyAll();
    }

    synchronized void roundTrip(long nanos) {
        rate.roundTrip(nanos);
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }

    synchronized long backlog() {
        return backlog;
    }

    synchronized long bytesPerSecond() {
        return rate.bytesPerSecond(clock.getAsLong());
    }

    /** Whether most of what is on its way is on the link, and does not wait at the destination. */
    synchronized boolean isLinkBound() {
        return queued <= backlog / 2;
    }

    /** Time spent waiting for the link since this was last asked. */
    synchronized long takeWaitedNanos() {
        long taken = waitedNanos;
        waitedNanos = 0;
        return taken;
    }

    /** Time spent waiting for the packers since this was last asked. */
    synchronized long takeWaitedForPackersNanos() {
        long taken = waitedForPackersNanos;
        waitedForPackersNanos = 0;
        return taken;
    }

    private boolean isFull() {
        if (outstanding >= mostSegments) {
            return true;
        }
        long now = clock.getAsLong();
        return outstanding >= LEAST_SEGMENTS
                && (isFullOfBytes(now) || streamBacklog >= limit(streamRate, now, LEAST_STREAM_BYTES));
    }

    private boolean isFullOfBytes(long now) {
        return backlog >= limit(rate, now, LEAST_BYTES);
    }

    private static long limit(LinkRate of, long now, long least) {
        double seconds = (of.roundTripNanos() + SLACK_NANOS) / 1e9;
        return Math.max(least, Math.min(MOST_BYTES, (long) (of.bytesPerSecond(now) * seconds)));
    }
}
