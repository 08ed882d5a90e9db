package io.novacron.hde.qemu.stream;

import java.nio.ByteBuffer;

/**
 * Reads what a QEMU writes into a channel, from pieces of any size. It never throws for what the bytes say, and what it
 * hands on is always exactly the input; what it does not know it passes through. One reader serves one channel and one
 * thread.
 */
public interface StreamReader {
    /** A call of {@link #read} never leaves more than this many bytes unconsumed. */
    int MAX_PENDING = 8192;

    /**
     * Consumes what is complete from the buffer's position on and leaves at most {@link #MAX_PENDING} bytes, which the
     * caller puts in front of what comes next. The buffer may be direct or on the heap; its byte order does not matter.
     * Allocates nothing for a page.
     */
    void read(ByteBuffer in, StreamHandler handler);

    /** The input ended: reads what is complete, and hands on what is left in the buffer verbatim. */
    void finish(ByteBuffer in, StreamHandler handler);

    /** Whether the destination was asked to say whether the migration succeeded. */
    boolean returnPathOpened();
}
