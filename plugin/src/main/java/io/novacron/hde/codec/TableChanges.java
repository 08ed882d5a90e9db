package io.novacron.hde.codec;

import io.novacron.hde.baseline.MemoryTable;
import java.util.Arrays;

/**
 * What a segment has changed in the table: the PageIds that were there before, by which the table of before can be made
 * again. It takes 32 bytes for each page that had one of its own, and 32 for a run of pages that had the same, as pages
 * that were absent; a copy of the table would take 4 KiB for each 256 pages of which one changes. One thread at a time.
 */
final class TableChanges {
    /** The most that one segment may have: it is ended before there are more. */
    static final int CAPACITY = 1 << 14;

    /** Beyond this many the room is given back when they are cleared: the next segment seldom needs it. 64 KiB. */
    private static final int KEPT = 1 << 11;

    private static final int FIRST = 1 << 8;
    private static final int LONGS = 4;

    // for each run: the first place, how many pages, and the halves of the PageId before
    private long[] runs = new long[LONGS * FIRST];
    private int count;
    // the table, if another took its place
    private MemoryTable replaced;

    void clear() {
        count = 0;
        replaced = null;
        if (runs.length > LONGS * KEPT) {
            runs = new long[LONGS * FIRST];
        }
    }

    /** How many runs there are. */
    int count() {
        return count;
    }

    /** A page is about to become another: what it has been. */
    void change(int block, long page, long high, long low) {
        if (replaced != null) {
            return;
        }
        long place = SourceEncoder.place(block, page);
        int last = LONGS * (count - 1);
        if (count > 0 && place == runs[last] + runs[last + 1] && high == runs[last + 2] && low == runs[last + 3]) {
            runs[last + 1]++;
            return;
        }
        int next = LONGS * count++;
        if (next == runs.length) {
            runs = Arrays.copyOf(runs, 2 * runs.length);
        }
        runs[next] = place;
        runs[next + 1] = 1;
        runs[next + 2] = high;
        runs[next + 3] = low;
    }

    /** Another table is about to take the place of this one, which is not changed any more. */
    void replace(MemoryTable before) {
        if (replaced == null) {
            replaced = before;
        }
    }

    /**
     * The table as it was before all of these.
     *
     * @param after as it is after them; it is changed
     */
    MemoryTable undo(MemoryTable after) {
        MemoryTable table = replaced == null ? after : replaced.copy();
        for (int i = count - 1; i >= 0; i--) {
            int run = LONGS * i;
            int block = SourceEncoder.block(runs[run]);
            long first = SourceEncoder.page(runs[run]);
            for (long page = first; page < first + runs[run + 1]; page++) {
                table.set(block, page, runs[run + 2], runs[run + 3]);
            }
        }
        return table;
    }
}
