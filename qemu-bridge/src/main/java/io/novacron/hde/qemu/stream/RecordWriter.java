package io.novacron.hde.qemu.stream;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The reverse of a {@link StreamReader}: called with what that has reported, it writes the bytes that it read, into the
 * caller's buffer at its position. Every method throws {@link BufferOverflowException} if the buffer has too little room,
 * before it has written anything.
 */
public interface RecordWriter {
    /** Says what the numbers of blocks in later calls stand for. Writes nothing. */
    void blocks(List<RamBlock> list);

    /** Writes bytes that stand for themselves. */
    void verbatim(ByteBuffer out, ByteBuffer bytes, int position, int length);

    /**
     * Writes what comes before a page's content and leaves room for that.
     *
     * @return where the page's 4096 bytes go in {@code out}; its position is already behind them
     */
    int beginPage(ByteBuffer out, int block, long offset, boolean named);

    /** Writes a page that is all zero. */
    void zeroPage(ByteBuffer out, int block, long offset, boolean named);

    /**
     * Leaves room for a page with nothing around it.
     *
     * @return as {@link #beginPage}
     */
    int beginBarePage(ByteBuffer out);
}
