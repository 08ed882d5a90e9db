package io.novacron.hde.qemu.stream;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The piece of input at hand: where the parts of the grammar look ahead, consume, and hand on.
 *
 * <p>Verbatim bytes are gathered and handed on in one call, at the latest before the next call of another kind or at
 * the end of the piece.
 */
final class StreamInput {
    // Independent of the byte order the caller's buffer happens to have.
    private static final VarHandle U16 = MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle U32 = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle U64 = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private ByteBuffer bytes;
    private StreamHandler handler;
    private int position;
    private int limit;
    private int handedOn;
    private long skip;
    private String reason = "";

    /** Starts on a piece of input. */
    void begin(ByteBuffer in, StreamHandler to) {
        bytes = in;
        handler = to;
        position = in.position();
        limit = in.limit();
        handedOn = position;
    }

    /** Hands on what was consumed of the piece and leaves the rest in the buffer. */
    void end() {
        flush();
        bytes.position(position);
    }

    boolean has(int length) {
        return limit - position >= length;
    }

    int available() {
        return limit - position;
    }

    int u8(int at) {
        return bytes.get(position + at) & 0xff;
    }

    int u16(int at) {
        return (short) U16.get(bytes, position + at) & 0xffff;
    }

    /** An unsigned 32-bit number. */
    long u32(int at) {
        return (int) U32.get(bytes, position + at) & 0xffffffffL;
    }

    /** A 64-bit number; what is above the largest positive one comes out negative. */
    long u64(int at) {
        return (long) U64.get(bytes, position + at);
    }

    String string(int at, int length) {
        byte[] copy = new byte[length];
        bytes.get(position + at, copy, 0, length);
        return new String(copy, StandardCharsets.ISO_8859_1);
    }

    boolean matches(int at, byte[] expected) {
        for (int i = 0; i < expected.length; i++) {
            if (bytes.get(position + at + i) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    /** Consumes bytes that stand for themselves. */
    void consume(int length) {
        position += length;
    }

    /** Consumes bytes that stand for themselves, as many as there will be: {@link #skipped} tells when it is done. */
    void skip(long length) {
        skip = length;
    }

    boolean skipped() {
        int now = (int) Math.min(skip, limit - position);
        position += now;
        skip -= now;
        return skip == 0;
    }

    void consumeAll() {
        position = limit;
    }

    void blocks(BlockTable blocks) {
        flush();
        handler.blocks(blocks.list());
    }

    void page(int block, long offset, boolean named, int headerLength) {
        flush();
        handler.page(block, offset, named, bytes, position + headerLength);
        handedOver(headerLength + Wire.PAGE_SIZE);
    }

    /** A page of a multifd packet, whose header was consumed before. */
    void barePage(int block, long offset) {
        flush();
        handler.barePage(block, offset, bytes, position);
        handedOver(Wire.PAGE_SIZE);
    }

    /** A place that the multifd packet whose header was consumed last says is zero. */
    void zeroPlace(int block, long offset) {
        flush();
        handler.zeroPlace(block, offset);
    }

    List<RamBlock> multifdBlocks() {
        flush();
        return handler.multifdBlocks();
    }

    void multifdSync() {
        flush();
        handler.multifdSync();
    }

    void zeroPage(int block, long offset, boolean named, int length) {
        flush();
        handler.zeroPage(block, offset, named);
        handedOver(length);
    }

    void opaquePage(int block, long offset, int length) {
        flush();
        handler.opaquePage(block, offset, bytes, position, length);
        handedOver(length);
    }

    void lastRamSection() {
        handler.lastRamSection();
    }

    void ramSectionEnd(boolean last) {
        flush();
        handler.ramSectionEnd(last);
    }

    void passThrough(String why, boolean expected) {
        flush();
        handler.passThrough(why, expected);
    }

    /** Notes why the grammar ends here. */
    Part.Progress unknown(String why) {
        reason = why;
        return Part.Progress.UNKNOWN;
    }

    String reason() {
        return reason;
    }

    private void flush() {
        if (position > handedOn) {
            handler.verbatim(bytes, handedOn, position - handedOn);
            handedOn = position;
        }
    }

    private void handedOver(int length) {
        position += length;
        handedOn = position;
    }
}
