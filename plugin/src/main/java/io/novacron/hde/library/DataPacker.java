package io.novacron.hde.library;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Writes the payloads that need no baseline: PACKED and DICTIONARY. */
final class DataPacker {
    /** A shorter block is written as it is: zstd's own head is about as long as what it saves. */
    private static final int SHORTEST_FOR_ZSTD = 16;

    /** Copies that cover less than this share of the data do not tell how the rest of it compresses. */
    private static final int SHARE_OF_COPIES = 8;

    /** From this length on a sample says first whether data can be compressed at all. */
    private static final int SAMPLED_LENGTH = 65_536;

    private static final int SAMPLES = 8;
    private static final int SAMPLE_LENGTH = 2048;
    private static final int MOST_VARINT_BYTES = 5;

    private final double minRatio;

    DataPacker(EncoderOptions options) {
        minRatio = options.minCompressionRatio();
    }

    /**
     * The payload of PACKED for the first {@code length} bytes of a direct buffer: with the copies that were found, or
     * without, whichever is smaller. Empty if a sample says that the data is incompressible.
     */
    Optional<byte[]> pack(Workspace work, ByteBuffer data, int length) {
        CopyFinder finder = work.copyFinder;
        ByteBuffer literals = work.literals.atLeast(length);
        finder.find(data, length, literals);
        int copied = length - finder.literals();
        if (copied < length / SHARE_OF_COPIES && incompressible(work, data, length)) {
            return Optional.empty();
        }
        FormWriter plain = new FormWriter();
        block(work, plain, data, 0);
        block(work, plain, data, length);
        if (copied == 0) {
            return Optional.of(plain.toBytes());
        }
        FormWriter withCopies = new FormWriter();
        FormWriter copies = finder.copies();
        ByteBuffer copyBytes = work.output.atLeast(copies.length());
        copies.copyTo(copyBytes);
        block(work, withCopies, copyBytes, copies.length());
        block(work, withCopies, literals, finder.literals());
        return Optional.of((withCopies.length() < plain.length() ? withCopies : plain).toBytes());
    }

    /** The payload of DICTIONARY, or empty if it is no smaller than the data. */
    Optional<byte[]> packWithDictionary(Workspace work, ByteBuffer data, int length, byte[] dictionary) {
        int packed = work.compress(data, 0, length, dictionary);
        return packed < 0 ? Optional.empty() : Optional.of(bytes(work.packed.atLeast(0), packed));
    }

    static byte[] bytes(ByteBuffer from, int length) {
        byte[] bytes = new byte[length];
        from.get(0, bytes);
        return bytes;
    }

    private static void block(Workspace work, FormWriter out, ByteBuffer bytes, int length) {
        int packed = length < SHORTEST_FOR_ZSTD ? -1 : work.compress(bytes, 0, length);
        if (packed >= 0 && packed + MOST_VARINT_BYTES < length) {
            out.varint(((long) length << 1) | 1).varint(packed).bytes(work.packed.atLeast(0), 0, packed);
        } else {
            out.varint((long) length << 1).bytes(bytes, 0, length);
        }
    }

    private boolean incompressible(Workspace work, ByteBuffer data, int length) {
        if (length < SAMPLED_LENGTH) {
            return false;
        }
        int packed = 0;
        int stride = (length - SAMPLE_LENGTH) / (SAMPLES - 1);
        for (int i = 0; i < SAMPLES; i++) {
            int one = work.compress(data, i * stride, SAMPLE_LENGTH);
            packed += one < 0 ? SAMPLE_LENGTH : one;
        }
        return packed * minRatio > SAMPLES * SAMPLE_LENGTH;
    }
}
