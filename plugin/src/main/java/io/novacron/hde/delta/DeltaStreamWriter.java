package io.novacron.hde.delta;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One of the streams of a delta while it is made; {@link DeltaStreams} says what it looks like in the delta. */
final class DeltaStreamWriter {
    // A view handle does not depend on the order set on a buffer.
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private static final int FIRST_CAPACITY = 4096;

    private ByteBuffer bytes = ByteBuffer.allocateDirect(FIRST_CAPACITY);
    private int length;

    void clear() {
        length = 0;
    }

    int length() {
        return length;
    }

    /** Holds the stream from position 0 on; valid until it grows. */
    ByteBuffer bytes() {
        return bytes;
    }

    /** Makes room for so many bytes more; {@code put...} needs it made before. */
    void reserve(long more) {
        long needed = length + more;
        if (needed > bytes.capacity()) {
            ByteBuffer larger = ByteBuffer.allocateDirect(
                    Math.toIntExact(Math.max(needed, Math.min(Integer.MAX_VALUE, 2L * bytes.capacity()))));
            bytes = larger.put(0, bytes, 0, length);
        }
    }

    void putByte(int value) {
        bytes.put(length++, (byte) value);
    }

    /** Those bytes of a word whose bits are set in a mask, lowest first; takes room for 8. */
    void putSelected(long word, int mask) {
        if ((mask & (mask + 1)) == 0) {
            LONG.set(bytes, length, word);
            length += Integer.bitCount(mask);
            return;
        }
        // Every byte is put, and overwritten by the next if it was not selected: no branch that could be mispredicted.
        int at = length;
        long rest = word;
        for (int left = mask, i = 0; i < Long.BYTES; i++, left >>>= 1) {
            bytes.put(at, (byte) rest);
            at += left & 1;
            rest >>>= Byte.SIZE;
        }
        length = at;
    }

    void putBytes(ByteBuffer from, int position, int count) {
        bytes.put(length, from, position, count);
        length += count;
    }

    void putBytes(byte[] from, int position, int count) {
        bytes.put(length, from, position, count);
        length += count;
    }

    /** An unsigned LEB128 number. */
    void putVarint(long value) {
        length = Varint.put(bytes, length, value);
    }

    /** A zigzag LEB128 number. */
    void putSigned(long value) {
        putVarint((value << 1) ^ (value >> 63));
    }
}
