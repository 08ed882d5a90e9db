package io.novacron.hde.library;

import io.novacron.hde.library.EncodedFormException.Reason;
import java.nio.ByteBuffer;

/** Bytes of an encoded form, read one after the other, each after it was seen to be there. */
final class FormReader {
    private static final int MOST_VARINT_BYTES = 9;

    private final ByteBuffer bytes;
    private final int limit;
    private int position;

    /**
     * @param bytes big-endian
     * @param limit where they end
     */
    FormReader(ByteBuffer bytes, int limit) {
        this.bytes = bytes;
        this.limit = limit;
    }

    int position() {
        return position;
    }

    int remaining() {
        return limit - position;
    }

    int u8(String what) throws EncodedFormException {
        need(1, what);
        return bytes.get(position++) & 0xff;
    }

    int i32(String what) throws EncodedFormException {
        need(Integer.BYTES, what);
        position += Integer.BYTES;
        return bytes.getInt(position - Integer.BYTES);
    }

    long i64(String what) throws EncodedFormException {
        need(Long.BYTES, what);
        position += Long.BYTES;
        return bytes.getLong(position - Long.BYTES);
    }

    DataName name(String what) throws EncodedFormException {
        return new DataName(i64(what), i64(what));
    }

    /** 0 to 2^63 - 1, in its shortest form. */
    long varint(String what) throws EncodedFormException {
        int start = position;
        long value = 0;
        for (int i = 0; i < MOST_VARINT_BYTES; i++) {
            int next = u8(what);
            value |= (long) (next & 0x7f) << (7 * i);
            if (next < 0x80) {
                if (next == 0 && i > 0) {
                    break;
                }
                return value;
            }
        }
        throw new EncodedFormException(Reason.DAMAGED, "The number of " + what + " is none", start);
    }

    /** A varint that is at most {@code most}. */
    int varint(String what, int most) throws EncodedFormException {
        int start = position;
        long value = varint(what);
        if (value > most) {
            throw new EncodedFormException(
                    Reason.DAMAGED, "There cannot be " + value + " of " + what + ", at most " + most, start);
        }
        return (int) value;
    }

    /** Leaves out bytes, which the caller reads where they are. */
    void skip(int count, String what) throws EncodedFormException {
        need(count, what);
        position += count;
    }

    void end() throws EncodedFormException {
        if (position < limit) {
            throw new EncodedFormException(
                    Reason.DAMAGED, remaining() + " bytes follow where nothing more may", position);
        }
    }

    private void need(int count, String what) throws EncodedFormException {
        if (remaining() < count) {
            throw new EncodedFormException(Reason.DAMAGED, "The end comes before " + what, limit);
        }
    }
}
