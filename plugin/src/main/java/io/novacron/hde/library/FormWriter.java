package io.novacron.hde.library;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Bytes of an encoded form, written one after the other. */
final class FormWriter {
    private static final int FIRST = 64;
    private static final int KEPT = 1 << 16;

    private byte[] bytes = new byte[FIRST];
    private int length;

    FormWriter u8(int value) {
        room(1);
        bytes[length++] = (byte) value;
        return this;
    }

    FormWriter bigEndian(long value, int count) {
        for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
            u8((int) (value >>> shift));
        }
        return this;
    }

    /** Seven bits a byte, the lowest first; all bytes but the last have their highest bit set. */
    FormWriter varint(long value) {
        long rest = value;
        while (rest > 0x7f) {
            u8((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        return u8((int) rest);
    }

    FormWriter bytes(byte[] more) {
        room(more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
        length += more.length;
        return this;
    }

    FormWriter bytes(ByteBuffer from, int position, int count) {
        room(count);
        from.get(position, bytes, length, count);
        length += count;
        return this;
    }

    int length() {
        return length;
    }

    /** Begins again, and gives back what was large. */
    void clear() {
        length = 0;
        if (bytes.length > KEPT) {
            bytes = new byte[FIRST];
        }
    }

    void copyTo(ByteBuffer out) {
        out.put(0, bytes, 0, length);
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, more), (int) Math.min(2L * length, 1 << 30)));
        }
    }
}
