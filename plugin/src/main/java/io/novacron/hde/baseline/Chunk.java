package io.novacron.hde.baseline;

import io.novacron.hde.page.PageId;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.security.MessageDigest;

/**
 * The PageIds of 4096 neighbouring pages, in blocks that exist only once a page of theirs has been set. While a chunk
 * belongs to a table, only that table changes it; one that is shared is not changed any more. A copy shares the blocks,
 * until it changes one.
 */
final class Chunk {
    static final int PAGES = 4096;
    static final int BYTES = PAGES * PageId.BYTES;

    private static final int BLOCKS = PAGES / PageIdBlock.IDS;
    private static final int PLACE_MASK = PageIdBlock.IDS - 1;

    private final PageIdBlock[] blocks;
    // the blocks that this chunk may change, a bit each
    private int own;
    private int present;
    // Computed when asked for. A chunk that several threads see does not change, so they compute the same.
    private PageId digest;

    /** What may change it; replaced in the table, not here, when the table is copied. */
    private final Object owner;

    Chunk(Object owner) {
        this.owner = owner;
        this.blocks = new PageIdBlock[BLOCKS];
    }

    private Chunk(Object owner, Chunk from) {
        this.owner = owner;
        this.blocks = from.blocks.clone();
        this.present = from.present;
        this.digest = from.digest;
    }

    /** This one if it belongs to the owner, else a copy that does. */
    Chunk ownedBy(Object newOwner) {
        return owner == newOwner ? this : new Chunk(newOwner, this);
    }

    long high(int page) {
        PageIdBlock block = blocks[page / PageIdBlock.IDS];
        return block == null ? 0 : block.high(page & PLACE_MASK);
    }

    long low(int page) {
        PageIdBlock block = blocks[page / PageIdBlock.IDS];
        return block == null ? 0 : block.low(page & PLACE_MASK);
    }

    /** Returns by how much the number of present pages changes: -1, 0 or 1. */
    int set(int page, long high, long low) {
        boolean before = (high(page) | low(page)) != 0;
        boolean after = (high | low) != 0;
        int number = page / PageIdBlock.IDS;
        PageIdBlock block = ownBlock(number);
        block.set(page & PLACE_MASK, high, low);
        if ((page & PLACE_MASK) == PLACE_MASK && block.hasOnlyZeroPages()) {
            blocks[number] = PageIdBlock.ZERO_PAGES;
            own &= ~(1 << number);
        }
        digest = null;
        int change = (after ? 1 : 0) - (before ? 1 : 0);
        present += change;
        return change;
    }

    private PageIdBlock ownBlock(int number) {
        PageIdBlock block = blocks[number];
        if ((own & 1 << number) == 0) {
            block = block == null ? new PageIdBlock() : block.copy();
            blocks[number] = block;
            own |= 1 << number;
        }
        return block;
    }

    /** It is not changed any more. */
    void seal(TableSpace space) {
        for (int number = 0; number < BLOCKS; number++) {
            if ((own & 1 << number) != 0) {
                space.offer(blocks[number]);
            }
        }
        own = 0;
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
        LongBuffer longs = ByteBuffer.wrap(into).asLongBuffer();
        for (int number = 0; number < BLOCKS; number++) {
            longs.put(blocks[number] == null ? new long[PageIdBlock.LONGS] : blocks[number].toArray());
        }
    }

    /** The reverse of {@link #toBytes}. */
    static Chunk of(Object owner, byte[] bytes) {
        Chunk chunk = new Chunk(owner);
        ByteBuffer from = ByteBuffer.wrap(bytes);
        for (int page = 0; page < PAGES; page++) {
            long high = from.getLong();
            long low = from.getLong();
            if ((high | low) != 0) {
                chunk.set(page, high, low);
            }
        }
        return chunk;
    }
}
