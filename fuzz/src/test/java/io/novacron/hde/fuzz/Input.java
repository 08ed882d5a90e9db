package io.novacron.hde.fuzz;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** The bytes of one run, taken one after the other; past the end there are zeros and nothing. */
public final class Input {
    private final ByteBuffer bytes;

    public Input(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes);
    }

    /** A number, 0 to 255. */
    public int u8() {
        return bytes.hasRemaining() ? bytes.get() & 0xff : 0;
    }

    /** A number, 0 to 65535. */
    public int u16() {
        return (u8() << 8) | u8();
    }

    /** So many bytes, or what there is. */
    public byte[] take(int most) {
        byte[] taken = new byte[Math.min(most, bytes.remaining())];
        bytes.get(taken);
        return taken;
    }

    /** All that is left. */
    public byte[] rest() {
        return take(bytes.remaining());
    }

    public boolean hasMore() {
        return bytes.hasRemaining();
    }

    /** Parts end to end, for seeds. */
    public static byte[] of(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /** A part with its length before it, as {@code take(u16())} takes it. */
    public static byte[] sized(byte[] part) {
        byte[] sized = new byte[part.length + 2];
        sized[0] = (byte) (part.length >> 8);
        sized[1] = (byte) part.length;
        System.arraycopy(part, 0, sized, 2, part.length);
        return sized;
    }

    /** Single bytes. */
    public static byte[] u8(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /** The first bytes of these, for seeds that would be too long. */
    public static byte[] first(byte[] bytes, int most) {
        return Arrays.copyOf(bytes, Math.min(most, bytes.length));
    }
}
