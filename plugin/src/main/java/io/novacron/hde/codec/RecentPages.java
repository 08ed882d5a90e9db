package io.novacron.hde.codec;

import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;

/**
 * The content of the pages that crossed last, uncompressed: pages that are written all the time come again and again,
 * and their last version is what they differ least from. A ring: what came longest ago goes first. One thread.
 */
final class RecentPages {
    private static final int NONE = 0;

    private final int capacity;
    private final long[] ids;
    private final int[] slots;
    private ByteBuffer contents;
    private int next;

    /** @param capacity pages, a power of two */
    RecentPages(int capacity) {
        this.capacity = capacity;
        this.ids = new long[2 * capacity];
        this.slots = new int[4 * capacity];
    }

    void add(long high, long low, ByteBuffer bytes, int position) {
        if (contents == null) {
            // late, because a channel that is passed through has no pages
            contents = ByteBuffer.allocateDirect(capacity * Page.SIZE);
        }
        int entry = next;
        next = (next + 1) % capacity;
        if (ids[2 * entry] != 0 || ids[2 * entry + 1] != 0) {
            remove(entry);
        }
        ids[2 * entry] = high;
        ids[2 * entry + 1] = low;
        contents.put(entry * Page.SIZE, bytes, position, Page.SIZE);
        int mask = slots.length - 1;
        int slot = (int) low & mask;
        while (slots[slot] != NONE) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = entry + 1;
    }

    /** Copies the page's content; false if it is not here. */
    boolean read(long high, long low, ByteBuffer out, int position) {
        int mask = slots.length - 1;
        for (int slot = (int) low & mask; slots[slot] != NONE; slot = (slot + 1) & mask) {
            int entry = slots[slot] - 1;
            if (ids[2 * entry] == high && ids[2 * entry + 1] == low) {
                out.put(position, contents, entry * Page.SIZE, Page.SIZE);
                return true;
            }
        }
        return false;
    }

    /** Linear probing without tombstones: what followed the removed slot moves up if its place allows. */
    private void remove(int entry) {
        int mask = slots.length - 1;
        int hole = (int) ids[2 * entry + 1] & mask;
        while (slots[hole] != entry + 1) {
            hole = (hole + 1) & mask;
        }
        int probe = hole;
        while (true) {
            probe = (probe + 1) & mask;
            if (slots[probe] == NONE) {
                break;
            }
            int home = (int) ids[2 * (slots[probe] - 1) + 1] & mask;
            if (((probe - home) & mask) >= ((probe - hole) & mask)) {
                slots[hole] = slots[probe];
                hole = probe;
            }
        }
        slots[hole] = NONE;
    }
}
