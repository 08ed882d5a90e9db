package io.novacron.hde.codec;

import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Some pages of a guest: where they are and what they hold. Pages beside each other are packed together, so a sample is
 * made of runs of pages rather than of single ones. One thread.
 */
public final class PageSample {
    /** Pages of a run; about as many as one frame has. */
    static final int RUN_PAGES = 48;

    private final long guestPages;
    private final int capacity;
    private final ByteBuffer contents;
    private final int[] blocks;
    private final long[] pages;
    private int count;

    /**
     * An empty sample.
     *
     * @param guestPages how many pages the guest has
     * @param capacity how many pages the sample may have; 4 KiB each outside the heap
     */
    public PageSample(long guestPages, int capacity) {
        if (capacity < 0 || capacity > Integer.MAX_VALUE / Page.SIZE || capacity > guestPages) {
            throw new IllegalArgumentException(
                    "A sample of " + capacity + " pages of a guest with " + guestPages + " is not possible");
        }
        this.guestPages = guestPages;
        this.capacity = capacity;
        this.contents = ByteBuffer.allocateDirect(capacity * Page.SIZE);
        this.blocks = new int[capacity];
        this.pages = new long[capacity];
    }

    /**
     * Which pages to take: runs of them, evenly spread over the guest but each at random within its part, in ascending
     * order. A part that has fewer pages than a run is taken whole.
     *
     * @param guestPages how many pages the guest has
     * @param part how many of them to take, about; 0 to 1
     */
    public static long[] places(long guestPages, double part, Random random) {
        if (!(part >= 0 && part <= 1) || guestPages * part > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(part + " of " + guestPages + " pages is no part to be sampled");
        }
        long runs = Math.max(1, Math.round(guestPages * part / RUN_PAGES));
        List<Long> places = new ArrayList<>();
        for (long run = 0; run < runs && guestPages > 0; run++) {
            long from = guestPages * run / runs;
            long to = guestPages * (run + 1) / runs;
            long length = Math.min(RUN_PAGES, to - from);
            long first = from + (long) (random.nextDouble() * (to - from - length + 1));
            for (long page = first; page < first + length; page++) {
                places.add(page);
            }
        }
        return places.stream().mapToLong(place -> place).toArray();
    }

    /**
     * Adds a page. They come in the order of a migration's stream, each once.
     *
     * @throws IllegalStateException if there are as many as there may be
     */
    public void add(int block, long page, ByteBuffer bytes, int position) {
        if (count == capacity) {
            throw new IllegalStateException("A sample of " + capacity + " pages is full");
        }
        contents.put(count * Page.SIZE, bytes, position, Page.SIZE);
        blocks[count] = block;
        pages[count++] = page;
    }

    /** How many pages it has. */
    public int count() {
        return count;
    }

    long guestPages() {
        return guestPages;
    }

    int block(int index) {
        return blocks[index];
    }

    long page(int index) {
        return pages[index];
    }

    boolean isZero(int index) {
        for (int i = index * Page.SIZE; i < (index + 1) * Page.SIZE; i += Long.BYTES) {
            if (contents.getLong(i) != 0) {
                return false;
            }
        }
        return true;
    }

    void read(int index, ByteBuffer to, int position) {
        to.put(position, contents, index * Page.SIZE, Page.SIZE);
    }
}
