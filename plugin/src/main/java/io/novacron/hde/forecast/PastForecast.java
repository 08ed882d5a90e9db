package io.novacron.hde.forecast;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What was forecast in a migration that has ended, and what came.
 *
 * <p>As bytes, big-endian: u8 version, 1; u16 length of the peer's name and the name in UTF-8; f64 bytes for each
 * page of the guest in the first round, or -1; then for each of early and
 * middle: i64 bytes and i64 milliseconds as they were forecast, -1 for no forecast, i64 bytes and i64 milliseconds that
 * came.
 *
 * @param firstTimeBytes wire bytes of the first round for each page of the guest, if there was no baseline, or {@link
 *     #WITH_A_BASELINE}
 * @param early when about a tenth of its bytes had arrived
 * @param middle when about half of them had
 */
public record PastForecast(String peer, double firstTimeBytes, Said early, Said middle) {
    static final double WITH_A_BASELINE = -1;

    static final double EARLY = 0.1;
    static final double MIDDLE = 0.5;

    private static final byte VERSION = 1;
    private static final int SAID_BYTES = 4 * Long.BYTES;

    /**
     * What was said to remain, and what remained.
     *
     * @param bytes said, or {@link #NOTHING} where it was not thought to converge
     * @param millis said, likewise
     */
    public record Said(long bytes, long millis, long trueBytes, long trueMillis) {
        static final long NOTHING = -1;

        /** An error of ten times what was said is as bad as any. */
        private static final double MOST = 10;

        /** Below this nobody cares. */
        private static final long LEAST_BYTES = 64 << 10;

        private static final long LEAST_MILLIS = 100;

        /** How far what came lay from what was said, as a part of that: the worse of bytes and time. */
        public OptionalDouble error() {
            if (bytes < 0 || millis < 0) {
                return OptionalDouble.empty();
            }
            return OptionalDouble.of(
                    Math.max(error(bytes, trueBytes, LEAST_BYTES), error(millis, trueMillis, LEAST_MILLIS)));
        }

        private static double error(long said, long came, long least) {
            return Math.min(MOST, Math.abs((double) came - said) / Math.max(least, said));
        }
    }

    byte[] value() {
        byte[] name = peer.getBytes(StandardCharsets.UTF_8);
        ByteBuffer to = ByteBuffer.allocate(1 + 2 + name.length + Double.BYTES + 2 * SAID_BYTES);
        to.put(VERSION).putShort((short) name.length).put(name).putDouble(firstTimeBytes);
        put(to, early);
        put(to, middle);
        return to.array();
    }

    private static void put(ByteBuffer to, Said said) {
        to.putLong(said.bytes).putLong(said.millis).putLong(said.trueBytes).putLong(said.trueMillis);
    }

    /** The reverse; empty if they are damaged or of another version. */
    static Optional<PastForecast> read(byte[] value) {
        try {
            ByteBuffer from = ByteBuffer.wrap(value);
            if (from.get() != VERSION) {
                return Optional.empty();
            }
            int length = Short.toUnsignedInt(from.getShort());
            if (from.remaining() != length + Double.BYTES + 2 * SAID_BYTES) {
                return Optional.empty();
            }
            byte[] name = new byte[length];
            from.get(name);
            return Optional.of(new PastForecast(
                    new String(name, StandardCharsets.UTF_8), from.getDouble(), said(from), said(from)));
        } catch (BufferUnderflowException e) {
            return Optional.empty();
        }
    }

    private static Said said(ByteBuffer from) {
        return new Said(from.getLong(), from.getLong(), from.getLong(), from.getLong());
    }
}
