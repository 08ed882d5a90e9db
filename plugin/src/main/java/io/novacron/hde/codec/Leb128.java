package io.novacron.hde.codec;

import java.nio.ByteBuffer;

/** Numbers as batches carry them: unsigned LEB128, signed ones zigzag on top. */
final class Leb128 {
    private Leb128() {}

    static void putUnsigned(ByteBuffer out, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    static void putSigned(ByteBuffer out, long value) {
        putUnsigned(out, value << 1 ^ value >> 63);
    }

    /**
     * Reads a number.
     *
     * @throws CodecException if it is longer than a number can be
     * @throws java.nio.BufferUnderflowException if the buffer ends within it
     */
    static long unsigned(ByteBuffer in) throws CodecException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new CodecException("a number in a batch is too long");
    }

    static long signed(ByteBuffer in) throws CodecException {
        long value = unsigned(in);
        return value >>> 1 ^ -(value & 1);
    }
}
