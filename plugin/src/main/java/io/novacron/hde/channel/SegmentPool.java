package io.novacron.hde.channel;

import io.novacron.hde.codec.ChannelRoom;
import io.novacron.hde.codec.PackingBuffers;
import io.novacron.hde.codec.Segment;
import java.util.ArrayDeque;

/**
 * Segments that no channel uses at the moment, kept for the next: a mebibyte or more outside the heap each, which costs
 * more to ask for than to keep. Thread-safe.
 */
public final class SegmentPool {
    /** As many as one channel uses at the most. */
    private static final int KEPT = ChannelRoom.WIDE.segments();

    private final ArrayDeque<Segment> idle = new ArrayDeque<>();
    private final PackingBuffers buffers = new PackingBuffers();

    /** Keeps none of those that are idle: the next channel may be days away, or one that comes from the peer. */
    public synchronized void clear() {
        idle.clear();
        buffers.clear();
    }

    synchronized Segment take() {
        Segment segment = idle.poll();
        return segment == null ? new Segment(buffers) : segment;
    }

    synchronized void give(Segment segment) {
        if (idle.size() < KEPT) {
            // the one used last is warm in the cache
            idle.push(segment);
        }
    }
}
