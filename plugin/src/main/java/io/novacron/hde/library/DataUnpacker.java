package io.novacron.hde.library;

import com.github.luben.zstd.ZstdException;
import io.novacron.hde.delta.DeltaException;
import io.novacron.hde.library.EncodedFormException.Reason;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Makes data from payloads: exactly as many bytes as the form says, in {@link Workspace#output}, or an exception. */
final class DataUnpacker {
    /** A block of zstd takes at least 3 bytes and makes at most 128 KiB. */
    private static final int ZSTD_BLOCK_HEAD = 3;

    private static final int ZSTD_BLOCK = 128 * 1024;

    private final Workspace work;
    private final ByteBuffer encoded;
    private final FormReader in;
    private final int length;

    /**
     * For one payload.
     *
     * @param encoded direct; all of what is decoded
     * @param in stands at the payload
     * @param length of the data
     */
    DataUnpacker(Workspace work, ByteBuffer encoded, FormReader in, int length) {
        this.work = work;
        this.encoded = encoded;
        this.in = in;
        this.length = length;
    }

    ByteBuffer unpack(EncodedForm form, Optional<byte[]> baseline, Optional<byte[]> dictionary)
            throws EncodedFormException {
        return switch (form.method()) {
            case STORED -> stored();
            case PACKED -> packed();
            case DICTIONARY -> withDictionary(dictionary.orElseThrow());
            case DELTA -> delta(form, baseline.orElseThrow());
            case DIFFERENCE -> {
                ByteBuffer out = packed();
                byte[] base = baseline.orElseThrow();
                DeltaPacker.xor(out, work.base.holding(base), Math.min(length, base.length));
                yield out;
            }
        };
    }

    private ByteBuffer stored() throws EncodedFormException {
        int at = in.position();
        in.skip(length, "the data's");
        in.end();
        ByteBuffer out = work.output.atLeast(length);
        out.put(0, encoded, at, length);
        return out;
    }

    private ByteBuffer withDictionary(byte[] dictionary) throws EncodedFormException {
        int at = in.position();
        int bytes = in.remaining();
        checkZstdLength(length, bytes, at);
        ByteBuffer out = work.output.atLeast(length);
        try {
            checkMade(work.decompress(encoded, at, bytes, out, length, dictionary), length, at);
        } catch (ZstdException e) {
            throw damagedFrame(e, at);
        }
        return out;
    }

    private ByteBuffer delta(EncodedForm form, byte[] baseline) throws EncodedFormException {
        int at = in.position();
        ByteBuffer base = work.base.holding(baseline);
        ByteBuffer out = work.output.atLeast(length);
        try {
            work.delta(form.algorithm().orElseThrow())
                    .decode(base, 0, baseline.length, encoded, at, in.remaining(), out, 0, length);
        } catch (DeltaException e) {
            throw new EncodedFormException(Reason.DAMAGED, e.getMessage(), at + e.offset(), e);
        }
        return out;
    }

    private ByteBuffer packed() throws EncodedFormException {
        int copiesAt = in.position();
        // A copy that takes more bytes than it makes is never written, so they take no more than the data.
        Block copies = block(work.packed, "the copies", length);
        Block literals = block(work.literals, "the literals", length);
        in.end();
        checkCopies(copies, literals.length(), copiesAt);
        ByteBuffer out = work.output.atLeast(length);
        FormReader reader = copies.reader();
        int made = 0;
        int taken = 0;
        while (reader.remaining() > 0) {
            int before = reader.varint("literals", length);
            int copied = reader.varint("copied bytes", length);
            int distance = reader.varint("bytes back", length);
            out.put(made, literals.bytes(), literals.position() + taken, before);
            taken += before;
            made += before;
            copy(out, made, copied, distance);
            made += copied;
        }
        out.put(made, literals.bytes(), literals.position() + taken, literals.length() - taken);
        return out;
    }

    /** Reads the copies once without doing them, so that there is room for the data only once all is known to fit. */
    private void checkCopies(Block copies, int literals, int at) throws EncodedFormException {
        FormReader reader = copies.reader();
        long copied = 0;
        long taken = 0;
        while (reader.remaining() > 0) {
            int count;
            int distance;
            try {
                taken += reader.varint("literals", length);
                count = reader.varint("copied bytes", length);
                distance = reader.varint("bytes back", length);
            } catch (EncodedFormException e) {
                // Its offset is one within the copies, not within what was to be decoded.
                throw new EncodedFormException(Reason.DAMAGED, "The copies are damaged: " + e.getMessage(), at, e);
            }
            if (taken > literals || count < 1 || distance < 1 || distance > copied + taken) {
                throw new EncodedFormException(
                        Reason.DAMAGED,
                        "There can be no copy of " + count + " bytes from " + distance + " back, after " + taken
                                + " literals of " + literals,
                        at);
            }
            copied += count;
            if (copied + literals > length) {
                break;
            }
        }
        if (copied + literals != length) {
            throw new EncodedFormException(
                    Reason.DAMAGED,
                    copied + " bytes of copies and " + literals + " literals are not the " + length + " of the data",
                    at);
        }
    }

    private static void copy(ByteBuffer out, int to, int count, int distance) {
        int from = to - distance;
        int done = 0;
        // What was copied can be copied from, too, so each step can be twice as long as the last.
        while (done < count) {
            int step = Math.min(count - done, distance + done);
            out.put(to + done, out, from, step);
            done += step;
        }
    }

    /** A block as it is, or from zstd. */
    private Block block(Scratch room, String what, int most) throws EncodedFormException {
        int at = in.position();
        long head = in.varint(what + "' length");
        long raw = head >>> 1;
        if (raw > most) {
            throw new EncodedFormException(
                    Reason.DAMAGED, "There cannot be " + raw + " bytes of " + what + ", at most " + most, at);
        }
        int bytes = (int) raw;
        if ((head & 1) == 0) {
            int start = in.position();
            in.skip(bytes, "that of " + what);
            return new Block(encoded, start, bytes);
        }
        int packed = in.varint("packed bytes of " + what, in.remaining());
        int start = in.position();
        in.skip(packed, "that of " + what);
        checkZstdLength(bytes, packed, at);
        ByteBuffer to = room.atLeast(bytes);
        try {
            checkMade(work.decompress(encoded, start, packed, to, bytes), bytes, start);
        } catch (ZstdException e) {
            throw damagedFrame(e, start);
        }
        return new Block(to, 0, bytes);
    }

    private static void checkZstdLength(int made, int packed, int at) throws EncodedFormException {
        if (packed == 0 || made > packed / ZSTD_BLOCK_HEAD * (long) ZSTD_BLOCK) {
            throw new EncodedFormException(
                    Reason.DAMAGED, "A zstd frame of " + packed + " bytes cannot make " + made, at);
        }
    }

    private static void checkMade(int made, int expected, int at) throws EncodedFormException {
        if (made != expected) {
            throw new EncodedFormException(
                    Reason.DAMAGED, "A zstd frame makes " + made + " bytes where " + expected + " are expected", at);
        }
    }

    private static EncodedFormException damagedFrame(ZstdException e, int at) {
        return new EncodedFormException(Reason.DAMAGED, "A zstd frame is damaged: " + e.getMessage(), at, e);
    }

    private record Block(ByteBuffer bytes, int position, int length) {
        FormReader reader() {
            return new FormReader(bytes.slice(position, length), length);
        }
    }
}
