package io.novacron.hde.delta;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdDictContentType;
import com.github.luben.zstd.ZstdDictDecompress;
import java.nio.ByteBuffer;

/**
 * zstd with the base as a raw-content dictionary: the base is the text before the target, into which it may point.
 *
 * <p>Both ends say RAW_CONTENT, so a base that begins like a trained dictionary (magic 0xEC30A437), which a guest can
 * write into its page, is text like any other.
 */
final class ZstdReferenceDelta implements DeltaAlgorithm {
    /** zstd takes no shorter dictionary. */
    private static final int SHORTEST_BASE = 8;

    private static final int LEAST_WINDOW_LOG = 10;
    private static final int MOST_WINDOW_LOG = 27;
    private static final int LEAST_HASH_LOG = 12;
    private static final int MOST_HASH_LOG = 20;

    private final ZstdCompressCtx plainCompressor = ZstdDelta.newCompressor();
    private final ZstdDecompressCtx plainDecompressor = new ZstdDecompressCtx();
    private ZstdCompressCtx compressor = ZstdDelta.newCompressor();
    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
    // zstd-jni takes a base for compression as an array of its very length only; frames are mostly of one length.
    private byte[] reference = new byte[0];
    // The context holds on to its last dictionary, so that one can only be closed when the next is in its place.
    private ZstdDictDecompress lastForDecompressor;
    private int level = ZstdDelta.DEFAULT_LEVEL;

    @Override
    public byte id() {
        return DeltaAlgorithms.ZSTD.id();
    }

    @Override
    public String name() {
        return DeltaAlgorithms.ZSTD.algorithmName();
    }

    @Override
    public void level(int level) {
        this.level = level;
        plainCompressor.setLevel(level);
        compressor.setLevel(level);
    }

    @Override
    public int encode(
            ByteBuffer base,
            int basePos,
            int baseLen,
            ByteBuffer target,
            int targetPos,
            int targetLen,
            ByteBuffer out,
            int outPos,
            int outLen) {
        ZstdDelta.checkRanges(base, basePos, baseLen, target, targetPos, targetLen, out, outPos, outLen);
        if (baseLen < SHORTEST_BASE) {
            return ZstdDelta.compress(plainCompressor, target, targetPos, targetLen, out, outPos, outLen);
        }
        if (reference.length != baseLen) {
            reference = new byte[baseLen];
        }
        base.get(basePos, reference);
        makeRoomFor(baseLen + (long) targetLen);
        compressor.loadDict(reference, ZstdDictContentType.RAW_CONTENT);
        int length = ZstdDelta.compress(compressor, target, targetPos, targetLen, out, outPos, outLen);
        if (length < 0) {
            // A context that failed takes no further dictionary.
            compressor.close();
            compressor = ZstdDelta.newCompressor().setLevel(level);
        }
        return length;
    }

    @Override
    public void decode(
            ByteBuffer base,
            int basePos,
            int baseLen,
            ByteBuffer delta,
            int deltaPos,
            int deltaLen,
            ByteBuffer out,
            int outPos,
            int outLen)
            throws DeltaException {
        ZstdDelta.checkRanges(base, basePos, baseLen, delta, deltaPos, deltaLen, out, outPos, outLen);
        if (baseLen < SHORTEST_BASE) {
            ZstdDelta.decompress(plainDecompressor, delta, deltaPos, deltaLen, out, outPos, outLen);
            return;
        }
        ZstdDictDecompress reference =
                new ZstdDictDecompress(base.slice(basePos, baseLen), true, ZstdDictContentType.RAW_CONTENT);
        decompressor.loadDict(reference);
        closeLastForDecompressor();
        lastForDecompressor = reference;
        ZstdDelta.decompress(decompressor, delta, deltaPos, deltaLen, out, outPos, outLen);
    }

    @Override
    public void close() {
        plainCompressor.close();
        plainDecompressor.close();
        compressor.close();
        decompressor.close();
        closeLastForDecompressor();
    }

    /**
     * zstd sizes its window and its hash table for the target alone. The end of the base is then out of the window, and
     * at the lowest levels the base pushes itself out of the table: 64 pages of which one byte each had changed took
     * 66,571 bytes instead of 286.
     */
    private void makeRoomFor(long length) {
        int log = Long.SIZE - Long.numberOfLeadingZeros(length);
        compressor.setWindowLog(Math.max(LEAST_WINDOW_LOG, Math.min(MOST_WINDOW_LOG, log)));
        compressor.setHashLog(Math.max(LEAST_HASH_LOG, Math.min(MOST_HASH_LOG, log - 2)));
    }

    private void closeLastForDecompressor() {
        if (lastForDecompressor != null) {
            lastForDecompressor.close();
        }
    }
}
