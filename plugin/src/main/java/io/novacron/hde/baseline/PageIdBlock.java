package io.novacron.hde.baseline;

import io.novacron.hde.page.PageId;
import java.lang.ref.Reference;
import java.nio.LongBuffer;

/**
 * The PageIds of 256 pages: 4 KiB, at first on the heap, later perhaps in a {@link TableFile}. One thread sets them; once
 * the block has been offered to a {@link TableSpace} it is not changed any more, and any thread may read it.
 */
public final class PageIdBlock {
    /** PageIds in a block. */
    public static final int IDS = 1 << 8;

    /** 256 zero pages. Shared, so never to be changed. */
    static final PageIdBlock ZERO_PAGES = zeroPages();

    static final int LONGS = 2 * IDS;
    static final int BYTES = LONGS * Long.BYTES;

    // The file's part is there before the array goes.
    private volatile long[] onHeap;
    private volatile LongBuffer inFile;

    /** All absent. */
    public PageIdBlock() {
        this(new long[LONGS]);
    }

    private PageIdBlock(long[] ids) {
        onHeap = ids;
    }

    private static PageIdBlock zeroPages() {
        PageIdBlock block = new PageIdBlock();
        for (int place = 0; place < IDS; place++) {
            block.set(place, PageId.ZERO_PAGE.high(), PageId.ZERO_PAGE.low());
        }
        return block;
    }

    /** A block with the same content, on the heap. */
    public PageIdBlock copy() {
        return new PageIdBlock(toArray());
    }

    /** First half of a PageId, 0 with {@link #low} 0 if absent. */
    public long high(int place) {
        return at(2 * place);
    }

    /** Second half of a PageId; see {@link #high}. */
    public long low(int place) {
        return at(2 * place + 1);
    }

    private long at(int index) {
        long[] ids = onHeap;
        if (ids != null) {
            return ids[index];
        }
        try {
            return inFile.get(index);
        } finally {
            // or its place in the file might be another block's already
            Reference.reachabilityFence(this);
        }
    }

    /** Sets a PageId; 0 and 0 for absent. */
    public void set(int place, long high, long low) {
        long[] ids = onHeap;
        ids[2 * place] = high;
        ids[2 * place + 1] = low;
    }

    boolean hasOnlyZeroPages() {
        for (int place = 0; place < IDS; place++) {
            if (high(place) != PageId.ZERO_PAGE.high() || low(place) != PageId.ZERO_PAGE.low()) {
                return false;
            }
        }
        return true;
    }

    boolean isOnHeap() {
        return onHeap != null;
    }

    /** High and low halves in turn: 512 numbers. */
    long[] toArray() {
        long[] ids = onHeap;
        if (ids != null) {
            return ids.clone();
        }
        long[] read = new long[LONGS];
        try {
            inFile.get(0, read);
        } finally {
            Reference.reachabilityFence(this);
        }
        return read;
    }

    /** From now on it is read from there, where the same bytes are. */
    void moveTo(LongBuffer place) {
        inFile = place;
        onHeap = null;
    }
}
