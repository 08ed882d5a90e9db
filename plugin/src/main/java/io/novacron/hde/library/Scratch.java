package io.novacron.hde.library;

import java.nio.ByteBuffer;

/** Room outside the heap that grows with what is put into it, and is given back when it was large. */
final class Scratch {
    private static final int KEPT = 1 << 20;
    private static final int LEAST = 1 << 12;

    private ByteBuffer buffer = ByteBuffer.allocateDirect(LEAST);

    /** A buffer of at least so many bytes, whose content is undefined. It is the same one until more is asked for. */
    ByteBuffer atLeast(int bytes) {
        if (buffer.capacity() < bytes) {
            int rounded = bytes < KEPT ? Integer.highestOneBit(bytes - 1) << 1 : bytes;
            buffer = ByteBuffer.allocateDirect(rounded);
        }
        return buffer;
    }

    /** As above, with the bytes that a buffer of either sort has left, from position 0. */
    ByteBuffer holding(ByteBuffer bytes) {
        ByteBuffer room = atLeast(bytes.remaining());
        room.put(0, bytes, bytes.position(), bytes.remaining());
        return room;
    }

    /** As above, with the bytes of an array. */
    ByteBuffer holding(byte[] bytes) {
        ByteBuffer room = atLeast(bytes.length);
        room.put(0, bytes);
        return room;
    }

    /** Whether more is held than is kept. */
    boolean isLarge() {
        return buffer.capacity() > KEPT;
    }

    void shrink() {
        if (isLarge()) {
            buffer = ByteBuffer.allocateDirect(LEAST);
        }
    }
}
