package io.novacron.hde.store;

import java.util.HashMap;
import java.util.Map;

/** A set of frame numbers: 8 KiB for each 65,536 numbers among which there is one. Not thread-safe. */
final class FrameSet {
    private static final int CHUNK_BITS = 16;
    private static final int CHUNK_WORDS = (1 << CHUNK_BITS) / Long.SIZE;

    private final Map<Long, long[]> chunks = new HashMap<>();
    private long lastChunk = -1;
    private long[] lastWords;

    /** Whether it was not in there before. */
    boolean add(long frame) {
        long chunk = frame >>> CHUNK_BITS;
        if (chunk != lastChunk) {
            lastWords = chunks.computeIfAbsent(chunk, c -> new long[CHUNK_WORDS]);
            lastChunk = chunk;
        }
        int bit = (int) frame & ((1 << CHUNK_BITS) - 1);
        long before = lastWords[bit / Long.SIZE];
        lastWords[bit / Long.SIZE] = before | 1L << bit;
        return lastWords[bit / Long.SIZE] != before;
    }

    boolean contains(long frame) {
        long[] words = chunks.get(frame >>> CHUNK_BITS);
        int bit = (int) frame & ((1 << CHUNK_BITS) - 1);
        return words != null && (words[bit / Long.SIZE] & 1L << bit) != 0;
    }

    void clear() {
        chunks.clear();
        lastChunk = -1;
        lastWords = null;
    }
}
