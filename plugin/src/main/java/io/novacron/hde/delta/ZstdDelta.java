package io.novacron.hde.delta;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.util.Objects;

/** What the algorithms that end in a zstd frame have in common. */
final class ZstdDelta {
    static final int DEFAULT_LEVEL = 1;

    private ZstdDelta() {}

    static ZstdCompressCtx newCompressor() {
        // No zstd checksum: the PageIds of the target's pages are a better one.
        return new ZstdCompressCtx()
                .setLevel(DEFAULT_LEVEL)
                .setChecksum(false)
                .setContentSize(true)
                .setDictID(false);
    }

    static int compress(
            ZstdCompressCtx compressor,
            ByteBuffer from,
            int fromPos,
            int fromLen,
            ByteBuffer to,
            int toPos,
            int toLen) {
        try {
            return compressor.compressDirectByteBuffer(to, toPos, toLen, from, fromPos, fromLen);
        } catch (ZstdException e) {
            if (e.getErrorCode() == Zstd.errDstSizeTooSmall()) {
                return -1;
            }
            throw e;
        }
    }

    static void decompress(
            ZstdDecompressCtx decompressor,
            ByteBuffer from,
            int fromPos,
            int fromLen,
            ByteBuffer to,
            int toPos,
            int toLen)
            throws DeltaException {
        if (fromLen == 0) {
            // zstd takes nothing at all for an empty frame, but no encoder writes that.
            throw new DeltaException("The delta is empty", 0);
        }
        int length;
        try {
            length = decompressor.decompressDirectByteBuffer(to, toPos, toLen, from, fromPos, fromLen);
        } catch (ZstdException e) {
            throw new DeltaException("The delta's zstd frame is damaged: " + e.getMessage(), 0, e);
        }
        if (length != toLen) {
            throw new DeltaException("The delta makes " + length + " bytes where " + toLen + " are expected", 0);
        }
    }

    static void checkRanges(
            ByteBuffer first,
            int firstPos,
            int firstLen,
            ByteBuffer second,
            int secondPos,
            int secondLen,
            ByteBuffer third,
            int thirdPos,
            int thirdLen) {
        Objects.checkFromIndexSize(firstPos, firstLen, first.capacity());
        Objects.checkFromIndexSize(secondPos, secondLen, second.capacity());
        Objects.checkFromIndexSize(thirdPos, thirdLen, third.capacity());
    }
}
