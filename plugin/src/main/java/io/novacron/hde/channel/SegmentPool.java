package io.novacron.hde.channel;

import io.novacron.hde.codec.Segment;
import java.util.ArrayDeque;

/**
 * Segments that no channel uses at the moment, kept for the next: a mebibyte or more outside the heap each, which costs
 * more to ask for than to keep. Thread-safe.
 */
public final class SegmentPool {
    private final ArrayDeque<Segment> idle = new ArrayDeque<>();
    private final int ofChannel;

    /** For as many segments of a channel as are of use. */
    public SegmentPool() {
        this(Window.MOST_SEGMENTS);
    }

    private SegmentPool(int ofChannel) {
        this.ofChannel = ofChannel;
    }

    /** For as few segments of a channel as it can work with. */
    public static SegmentPool small() {
        return new SegmentPool(Window.LEAST_SEGMENTS);
    }

    /** Keeps none of those that are idle. */
    public synchronized void clear() {
        idle.clear();
    }

    /** How many segments a channel may have at a time. */
    int ofChannel() {
        return ofChannel;
    }

    synchronized Segment take() {
        Segment segment = idle.poll();
        return segment == null ? new Segment() : segment;
    }

    synchronized void give(Segment segment) {
        if (idle.size() < ofChannel) {
            // the one used last is warm in the cache
            idle.push(segment);
        }
    }
}
