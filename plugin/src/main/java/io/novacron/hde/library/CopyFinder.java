package io.novacron.hde.library;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Splits data into literals and copies from anywhere before, however far: what zstd, which works in blocks of 128 KiB
 * and a window of a few MiB, cannot say or says again in each block. The idea is that of rzip (A. Tridgell, "Efficient
 * Algorithms for Sorting and Synchronization", 1999, chapter 5).
 *
 * <p>A hash rolls over windows of 32 bytes. One in 16 of its values (fewer in very large data, so that the table stays
 * small) makes a position an anchor, which is looked up in a table and entered into it; as the content decides, a
 * repetition has its anchors where the original has them. Data that has none for long, such as a short period, is looked
 * up at every position. What the table has is compared before it is believed. A copy may overlap what it makes: a run of
 * one byte is that byte and one copy from distance 1. What is short and near is left to zstd, which says it in fewer
 * bytes. The time is linear in the data, whatever it is: a position is compared with one other, over no more than the
 * shortest copy unless one comes of it, and what a copy covers is passed over. An instance belongs to one thread.
 */
final class CopyFinder {
    /** Bytes the hash rolls over. */
    static final int WINDOW = 32;

    /** The shortest copy from within {@link #NEAR}; tried 32 to 1024 on guest memory, where this made least. */
    static final int SHORTEST = 256;

    /** The shortest copy from further back. */
    static final int SHORTEST_FROM_FAR = 64;

    /** Half of the window that zstd has at its middle levels. */
    private static final int NEAR = 1 << 20;

    /** One position in this many is an anchor; a power of two. */
    private static final int LEAST_SPACING = 16;

    /** So many times the spacing without an anchor is long. */
    private static final int LONG_GAP = 16;

    private static final int LEAST_ENTRIES_LOG = 8;

    /** 4 MiB; a larger table finds no more that matters, and each look-up misses the cache. */
    private static final int MOST_ENTRIES_LOG = 20;

    /** A table above this is not kept for the next data. */
    private static final int KEPT_ENTRIES = 1 << 14;

    private static final int MULTIPLIER = 0x01000193;
    private static final int FIRST_FACTOR = power(WINDOW);
    private static final int SPREAD = 0x9E3779B1;
    private static final int OTHER_SPREAD = 0x85EBCA77;
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private final FormWriter copies = new FormWriter();
    private int[] table = new int[0];
    private int literals;

    /**
     * Finds the copies of the first {@code length} bytes of {@code data}, and writes the bytes that none of them covers
     * into {@code literalsOut}, from its position 0. {@link #copies()} and {@link #literals()} say what was found.
     *
     * @param data direct
     * @param literalsOut direct, another buffer, of at least {@code length} bytes
     */
    void find(ByteBuffer data, int length, ByteBuffer literalsOut) {
        copies.clear();
        literals = 0;
        int done = length > SHORTEST ? findCopies(data, length, literalsOut) : 0;
        literalsOut.put(literals, data, done, length - done);
        literals += length - done;
        if (table.length > KEPT_ENTRIES) {
            table = new int[0];
        }
    }

    /** The copies: literals before it, bytes, distance back, each a varint. What follows the last is literals. */
    FormWriter copies() {
        return copies;
    }

    /** The bytes that no copy covers. */
    int literals() {
        return literals;
    }

    private int findCopies(ByteBuffer data, int length, ByteBuffer literalsOut) {
        int spacing = Math.max(LEAST_SPACING, Integer.highestOneBit(length >>> (MOST_ENTRIES_LOG - 1)));
        int anchorShift = Integer.SIZE - Integer.numberOfTrailingZeros(spacing);
        // About twice as many entries as there are anchors.
        int log = Integer.SIZE - Integer.numberOfLeadingZeros(2 * (length / spacing));
        log = Math.max(LEAST_ENTRIES_LOG, Math.min(MOST_ENTRIES_LOG, log));
        clearTable(1 << log);
        int last = length - WINDOW;
        int done = 0;
        while (done <= last) {
            int position = done;
            int hash = hash(data, position);
            int nextLookup = position + LONG_GAP * spacing;
            int nextEntry = position;
            int end = -1;
            while (true) {
                boolean anchor = (hash * SPREAD) >>> anchorShift == 0;
                if (anchor || position >= nextLookup) {
                    if (anchor) {
                        nextLookup = position + LONG_GAP * spacing;
                    }
                    int slot = (hash * OTHER_SPREAD) >>> (Integer.SIZE - log);
                    int earlier = table[slot] - 1;
                    if (anchor || position >= nextEntry) {
                        table[slot] = position + 1;
                        nextEntry = position + spacing;
                    }
                    end = tryCopy(data, length, literalsOut, done, position, earlier);
                }
                if (end >= 0 || position == last) {
                    break;
                }
                hash = hash * MULTIPLIER - data.get(position) * FIRST_FACTOR + data.get(position + WINDOW);
                position++;
            }
            if (end < 0) {
                return done;
            }
            done = end;
        }
        return done;
    }

    /** Writes the copy of which a window is here and earlier, if it is one, and returns where it ends, or -1. */
    private int tryCopy(ByteBuffer data, int length, ByteBuffer literalsOut, int done, int position, int earlier) {
        if (earlier < 0 || !sameWindow(data, earlier, position)) {
            return -1;
        }
        int end = position + WINDOW;
        end += same(data, earlier + WINDOW, end, length);
        int start = position;
        int from = earlier;
        while (start > done && from > 0 && data.get(start - 1) == data.get(from - 1)) {
            start--;
            from--;
        }
        if (end - start < (start - from > NEAR ? SHORTEST_FROM_FAR : SHORTEST)) {
            return -1;
        }
        literalsOut.put(literals, data, done, start - done);
        literals += start - done;
        copies.varint(start - done).varint(end - start).varint(start - from);
        return end;
    }

    private void clearTable(int entries) {
        if (table.length == entries) {
            Arrays.fill(table, 0);
        } else {
            table = new int[entries];
        }
    }

    private static int hash(ByteBuffer data, int position) {
        int hash = 0;
        for (int i = 0; i < WINDOW; i++) {
            hash = hash * MULTIPLIER + data.get(position + i);
        }
        return hash;
    }

    private static int power(int exponent) {
        int power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= MULTIPLIER;
        }
        return power;
    }

    private static boolean sameWindow(ByteBuffer data, int left, int right) {
        for (int i = 0; i < WINDOW; i += Long.BYTES) {
            if ((long) LONG.get(data, left + i) != (long) LONG.get(data, right + i)) {
                return false;
            }
        }
        return true;
    }

    /** How many bytes from {@code right} to {@code end} are those from {@code left}, which is before it. */
    private static int same(ByteBuffer data, int left, int right, int end) {
        int count = 0;
        int most = end - right;
        while (count <= most - Long.BYTES
                && (long) LONG.get(data, left + count) == (long) LONG.get(data, right + count)) {
            count += Long.BYTES;
        }
        while (count < most && data.get(left + count) == data.get(right + count)) {
            count++;
        }
        return count;
    }
}
