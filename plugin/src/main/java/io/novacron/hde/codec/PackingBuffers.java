package io.novacron.hde.codec;

import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Buffers outside the heap that a segment needs only until it is packed, while its stream stays until it is acknowledged:
 * the bases of its deltas, and known pages that its new pages resemble. Thread-safe.
 */
public final class PackingBuffers {
    /** More than are encoded and packed at a time where packing keeps up. */
    private static final int KEPT = 4;

    private final ArrayDeque<ByteBuffer> deltaBases = new ArrayDeque<>();
    private final ArrayDeque<ByteBuffer> referencePages = new ArrayDeque<>();

    synchronized ByteBuffer takeDeltaBases() {
        ByteBuffer buffer = deltaBases.poll();
        return buffer == null ? ByteBuffer.allocateDirect(Segment.MAX_DELTA_PAGES * Page.SIZE) : buffer;
    }

    synchronized ByteBuffer takeReferencePages() {
        ByteBuffer buffer = referencePages.poll();
        return buffer == null ? ByteBuffer.allocateDirect(Segment.MAX_REFERENCES * Page.SIZE) : buffer;
    }

    /** Gives back; null if it has none. */
    synchronized void give(ByteBuffer usedDeltaBases, ByteBuffer usedReferencePages) {
        keep(usedDeltaBases, deltaBases);
        keep(usedReferencePages, referencePages);
    }

    private static void keep(ByteBuffer buffer, ArrayDeque<ByteBuffer> idle) {
        if (buffer != null && idle.size() < KEPT) {
            // the one used last is warm in the cache
            idle.push(buffer);
        }
    }

    /** Keeps none of those that are idle. */
    public synchronized void clear() {
        deltaBases.clear();
        referencePages.clear();
    }
}
