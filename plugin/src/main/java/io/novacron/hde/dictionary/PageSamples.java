package io.novacron.hde.dictionary;

import io.novacron.hde.page.PageId;
import java.util.ArrayList;
import java.util.List;

/**
 * The last new pages of a VM that crossed, one in {@value #INTERVAL}, first in, first out. Thread-safe.
 *
 * <p>It has their PageIds only: the pages are in the page store, and they are read when a dictionary is trained. So a page
 * costs nothing here that would have to be allocated, and what the store has forgotten is no sample any more.
 */
public final class PageSamples {
    /** One page in this many is taken. */
    static final int INTERVAL = 16;

    private final long[] ids;
    private final int capacity;
    private int skip;
    // How many were ever taken.
    private long taken;
    private long trained;

    /** @param capacity how many samples it has at most; with 0 it takes none */
    PageSamples(int capacity) {
        this.capacity = capacity;
        this.ids = new long[2 * capacity];
    }

    /**
     * Takes some of these pages, which have been given to the page store.
     *
     * @param pageIds two halves, high then low, for each page
     * @param count pages
     */
    public synchronized void offer(long[] pageIds, int count) {
        if (capacity == 0) {
            return;
        }
        int page = skip;
        for (; page < count; page += INTERVAL) {
            int at = (int) (taken++ % capacity);
            ids[2 * at] = pageIds[2 * page];
            ids[2 * at + 1] = pageIds[2 * page + 1];
        }
        skip = page - count;
    }

    /** The samples, the newest first, each once. */
    synchronized List<PageId> newest() {
        List<PageId> newest = new ArrayList<>();
        long first = Math.max(0, taken - capacity);
        for (long sample = taken - 1; sample >= first; sample--) {
            int at = (int) (sample % capacity);
            newest.add(new PageId(ids[2 * at], ids[2 * at + 1]));
        }
        return newest.stream().distinct().toList();
    }

    /** How many have come since {@link #trained} was last called. */
    synchronized long fresh() {
        return taken - trained;
    }

    /** Says that a dictionary has been trained, or tried, with what there is. */
    synchronized void trained() {
        trained = taken;
    }
}
