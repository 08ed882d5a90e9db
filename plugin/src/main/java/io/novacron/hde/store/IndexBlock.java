package io.novacron.hde.store;

import java.nio.ByteBuffer;

/**
 * One value of the stored index: up to some hundred entries of 24 bytes (PageId, location), ascending by first, then
 * second half, both signed. As a byte array rather than as objects, because the cache then holds what the file holds.
 */
final class IndexBlock {
    static final int ENTRY = 24;

    /** Entries beyond which a block is split. */
    static final int MOST = 512;

    private IndexBlock() {}

    static int count(byte[] block) {
        return block.length / ENTRY;
    }

    /** The location of a page, or NONE. */
    static long find(byte[] block, long high, long low) {
        ByteBuffer entries = ByteBuffer.wrap(block);
        int from = 0;
        int to = count(block);
        while (from < to) {
            int middle = (from + to) >>> 1;
            int order = Long.compare(entries.getLong(middle * ENTRY), high);
            if (order == 0) {
                order = Long.compare(entries.getLong(middle * ENTRY + 8), low);
            }
            if (order == 0) {
                return entries.getLong(middle * ENTRY + 16);
            } else if (order < 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return Location.NONE;
    }
}
