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

    /**
     * Begins to follow what is written, if the host can do that; what was followed before is forgotten.
     *
     * @return whether {@link #written} can be asked from now on
     * @throws GuestException when the memory cannot be looked at any more
     */
    default boolean followWrites() throws GuestException {
        return false;
    }

    /**
     * Sets the bits of those pages that may have been written since {@link #followWrites} has said that it can tell.
     *
     * @throws GuestException when the memory cannot be looked at any more
     */
    default void written(int block, long firstPage, int pages, BitSet into) throws GuestException {
        into.set(0, pages);
    }

    /** How many pages all blocks have. */
    default long pages() {
        return blocks().stream().mapToLong(Block::length).sum() / Page.SIZE;
    }

    @Override
    void close() throws IOException;
}
