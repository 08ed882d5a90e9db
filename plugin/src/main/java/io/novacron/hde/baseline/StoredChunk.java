package io.novacron.hde.baseline;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.novacron.hde.page.PageId;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A chunk of a table as the store has it. Key: its digest, 16 bytes. Value: u8 version, 1; then {@link Chunk#toBytes} as a
 * zstd frame, in which zero and absent pages take next to nothing.
 */
final class StoredChunk {
    private static final byte VERSION = 1;
    private static final int LEVEL = 1;

    private StoredChunk() {}

    static byte[] key(PageId digest) {
        return ByteBuffer.allocate(PageId.BYTES)
                .putLong(digest.high())
                .putLong(digest.low())
                .array();
    }

    static byte[] value(Chunk chunk) {
        byte[] packed = Zstd.compress(chunk.toBytes(), LEVEL);
        return ByteBuffer.allocate(1 + packed.length).put(VERSION).put(packed).array();
    }

    /** The chunk's bytes, if they are what the digest says. */
    static Optional<byte[]> read(PageId digest, byte[] value) {
        if (value.length < 1 || value[0] != VERSION) {
            return Optional.empty();
        }
        byte[] bytes = new byte[Chunk.BYTES];
        try {
            long length = Zstd.decompressByteArray(bytes, 0, bytes.length, value, 1, value.length - 1);
            if (Zstd.isError(length) || length != bytes.length) {
                return Optional.empty();
            }
        } catch (ZstdException e) {
            return Optional.empty();
        }
        return Chunk.digest(bytes).equals(digest) ? Optional.of(bytes) : Optional.empty();
    }
}
