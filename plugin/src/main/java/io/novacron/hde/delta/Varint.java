package io.novacron.hde.delta;

import java.nio.ByteBuffer;

/** Writing unsigned LEB128 numbers. */
final class Varint {
    private Varint() {}

    /** Returns where it ends. */
    static int put(ByteBuffer to, int position, long value) {
        int at = position;
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            to.put(at++, (byte) (rest | 0x80));
            rest >>>= 7;
        }
        to.put(at++, (byte) rest);
        return at;
    }

    /** How many bytes it takes, 1 to 10. */
    static int bytes(long value) {
        return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7);
    }
}
