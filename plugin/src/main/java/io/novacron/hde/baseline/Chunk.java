package io.novacron.hde.baseline;

import io.novacron.hde.page.PageId;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * The PageIds of 4096 neighbouring pages. While a chunk belongs to a table, only that table changes it; one that is
 * shared is not changed any more.
 */
final class Chunk {
    static final int PAGES = 4096;
    static final int BYTES = PAGES * PageId.BYTES;

    private final long[] ids;
    private int present;
    // Computed when asked for. A chunk that several threads see does not change, so they compute the same.
    private PageId digest;

    /** What may change it; replaced in the table, not here, when the table is copied. */
    private final Object owner;

    Chunk(Object owner) {
        this.owner = owner;
        this.ids = new long[2 * PAGES];
    }

    private Chunk(Object owner, Chunk from) {
        this.owner = owner;
        this.ids = from.ids.clone();
        this.present = from.present;
        this.digest = from.digest;
    }

    /** This one if it belongs to the owner, else a copy that does. */
    Chunk ownedBy(Object newOwner) {
        return owner == newOwner ? this : new Chunk(newOwner, this);
    }

    long high(int page) {
        return ids[2 * page];
    }

    long low(int page) {
        return ids[2 * page + 1];
    }

    /** Returns by how much the number of present pages changes: -1, 0 or 1. */
    int set(int page, long high, long low) {
        boolean before = (ids[2 * page] | ids[2 * page + 1]) != 0;
        boolean after = (high | low) != 0;
        ids[2 * page] = high;
        ids[2 * page + 1] = low;
        digest = null;
        int change = (after ? 1 : 0) - (before ? 1 : 0);
        present += change;
        return change;
    }

    int present() {
        return present;
    }

    /** SHA-256 over {@link #toBytes}, cut to 128 bits. */
    PageId digest() {
        PageId known = digest;
        if (known == null) {
            known = digest(toBytes());
            digest = known;
        }
        return known;
    }

    static PageId digest(byte[] bytes) {
        MessageDigest sha256 = HashTree.sha256();
        ByteBuffer result = ByteBuffer.wrap(sha256.digest(bytes));
        return new PageId(result.getLong(), result.getLong());
    }

    /** The PageIds one after the other, big-endian, ABSENT as zeros: 64 KiB. */
    byte[] toBytes() {
        byte[] bytes = new byte[BYTES];
        toBytes(bytes);
        return bytes;
    }

    /** The same into an array of 64 KiB. */
    void toBytes(byte[] into) {
        ByteBuffer.wrap(into).asLongBuffer().put(ids);
    }

    /** The reverse of {@link #toBytes}. */
    static Chunk of(Object owner, byte[] bytes) {
        Chunk chunk = new Chunk(owner);
        ByteBuffer.wrap(bytes).asLongBuffer().get(chunk.ids);
        for (int page = 0; page < PAGES; page++) {
            if ((chunk.high(page) | chunk.low(page)) != 0) {
                chunk.present++;
            }
        }
        return chunk;
    }
}
