package io.novacron.hde.seed;

import io.novacron.hde.page.Page;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;

/** A running guest's memory, as {@link io.novacron.hde.qemu.memory.GuestMemory} reads it. One thread. */
public interface GuestPages extends AutoCloseable {
    /**
     * A RAM block.
     *
     * @param name as in the migration stream
     * @param length bytes, a multiple of the page's size
     */
    record Block(String name, long length) {}

    /** The RAM blocks whose pages can be read. */
    List<Block> blocks();

    /**
     * Reads pages of a block into a direct buffer, at its position.
     *
     * @throws GuestException when they cannot be read any more
     */
    void read(int block, long offset, int length, ByteBuffer into) throws GuestException;

    /**
     * Sets the bits of those pages that may hold something; all others are zero.
     *
     * @throws GuestException when they cannot be read any more
     */
    void touched(int block, long firstPage, int pages, BitSet into) throws GuestException;

    /** How many pages all blocks have. */
    default long pages() {
        return blocks().stream().mapToLong(Block::length).sum() / Page.SIZE;
    }

    @Override
    void close() throws IOException;
}
