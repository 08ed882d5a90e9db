package io.novacron.hde.delta;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.nio.ByteBuffer;

/** One of the streams of a delta while it is applied; {@link DeltaStreams} says what it looks like in the delta. */
final class DeltaStreamReader {
    private static final int MOST_VARINT_BITS = 63;

    private final String name;
    private ByteBuffer scratch = ByteBuffer.allocateDirect(0);
    private ByteBuffer bytes = scratch;
    private int position;
    private int limit;
    /** What to add to {@code position} to have the offset in the delta of a stream that lies there as it is. */
    private int shift;
    /** Where a compressed stream begins in the delta, or -1. */
    private int compressedAt;

    /**
     * @param name for messages
     */
    DeltaStreamReader(String name) {
        this.name = name;
    }

    /**
     * Reads the next stream of a delta.
     *
     * @param at where it begins
     * @param mostBytes how long an honest one can be; nothing is allocated for a longer one
     * @return where it ends
     */
    int open(ZstdDecompressCtx decompressor, ByteBuffer delta, int deltaPos, int at, int deltaEnd, long mostBytes)
            throws DeltaException {
        // Its two lengths are read as if it were all that is left of the delta.
        whole(delta, deltaPos, at, deltaEnd);
        int length = length(mostBytes);
        if (length == 0) {
            limit = position;
            return position;
        }
        int packed = length(length);
        if (packed > limit - position) {
            throw damaged("the delta ends within it");
        }
        int end = position + packed;
        if (packed == length) {
            limit = end;
            return end;
        }
        if (scratch.capacity() < length) {
            scratch = ByteBuffer.allocateDirect((int) Math.max(length, Math.min(mostBytes, 2L * scratch.capacity())));
        }
        compressedAt = position - deltaPos;
        try {
            ZstdDelta.decompress(decompressor, delta, position, packed, scratch, 0, length);
        } catch (DeltaException e) {
            throw new DeltaException("The delta's " + name + " are damaged", compressedAt, e);
        }
        bytes = scratch;
        position = 0;
        limit = length;
        return end;
    }

    /** Makes a part of the delta the stream, as it is. */
    void whole(ByteBuffer delta, int deltaPos, int from, int to) {
        bytes = delta;
        position = from;
        limit = to;
        shift = -deltaPos;
        compressedAt = -1;
    }

    int remaining() {
        return limit - position;
    }

    /** A byte, 0 to 255. */
    int nextByte() throws DeltaException {
        if (position == limit) {
            throw damaged("they end too early");
        }
        return bytes.get(position++) & 0xff;
    }

    /** An unsigned LEB128 number of at most so much. */
    int length(long most) throws DeltaException {
        long value = varint();
        if (value > most) {
            throw damaged("there is a length of " + value + " where at most " + most + " is possible");
        }
        return (int) value;
    }

    /** A zigzag LEB128 number. */
    long nextSigned() throws DeltaException {
        long value = varint();
        return (value >>> 1) ^ -(value & 1);
    }

    /** Moves the next bytes; there must be as many, and room for them. */
    void moveTo(ByteBuffer to, int toPos, int count) {
        to.put(toPos, bytes, position, count);
        position += count;
    }

    DeltaException damaged(String what) {
        int offset = compressedAt >= 0 ? compressedAt : position + shift;
        return new DeltaException("The delta's " + name + " are damaged: " + what, offset);
    }

    /** An unsigned LEB128 number. */
    long varint() throws DeltaException {
        long value = 0;
        for (int bits = 0; bits < MOST_VARINT_BITS; bits += 7) {
            int next = nextByte();
            value |= (next & 0x7fL) << bits;
            if (next < 0x80) {
                return value;
            }
        }
        throw damaged("there is a number of more than 63 bits");
    }
}
