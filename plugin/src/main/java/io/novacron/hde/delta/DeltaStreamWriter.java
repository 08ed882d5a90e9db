package io.novacron.hde.delta;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One of the streams of a delta while it is made. In the delta a stream is: its length, the bytes that it takes there
 * (both unsigned LEB128), and those bytes: as they are if the two are equal, else one zstd frame. An empty stream is
 * one byte, the length 0.
 */
final class DeltaStreamWriter {
    // A view handle does not depend on the order set on a buffer.
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private static final int FIRST_CAPACITY = 4096;

    /** Shorter ones are not tried: a zstd frame takes 9 bytes and more around its content. */
    private static final int SHORTEST_TO_COMPRESS = 24;

    private ByteBuffer bytes = ByteBuffer.allocateDirect(FIRST_CAPACITY);
    private int length;

    void clear() {
        length = 0;
    }

    int length() {
        return length;
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

    /** The lowest {@code count} bytes of a value, 0 to 8, lowest first; takes room for 8. */
    void putLowBytes(long value, int count) {
        LONG.set(bytes, length, value);
        length += count;
    }

    void putBytes(ByteBuffer from, int position, int count) {
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

    /**
     * Writes the stream into a delta.
     *
     * @param at where to
     * @param end where the room for the delta ends
     * @return where the stream ends, or -1 if it does not fit
     */
    int pack(ZstdCompressCtx compressor, ByteBuffer out, int at, int end) {
        int first = at + Varint.bytes(length);
        if (length == 0 || first >= end) {
            return first <= end ? Varint.put(out, at, length) : -1;
        }
        Varint.put(out, at, length);
        if (length >= SHORTEST_TO_COMPRESS) {
            // What is worth it needs no longer a number than the length itself.
            int second = first + Varint.bytes(length);
            int room = (int) Math.min(Zstd.compressBound(length), Math.max(0, end - second));
            int packed = room == 0 ? -1 : ZstdDelta.compress(compressor, bytes, 0, length, out, second, room);
            if (packed >= 0 && packed < length) {
                int content = Varint.put(out, first, packed);
                if (content != second) {
                    out.put(content, out, second, packed);
                }
                return content + packed;
            }
        }
        int content = first + Varint.bytes(length);
        if (content > end || end - content < length) {
            return -1;
        }
        Varint.put(out, first, length);
        out.put(content, bytes, 0, length);
        return content + length;
    }
}
