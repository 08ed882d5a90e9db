package io.novacron.hde.delta;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import java.nio.ByteBuffer;

/**
 * The form of a delta that consists of several streams: the length of the target, then the streams. A stream is its
 * length, the bytes that it takes in the delta, and those bytes: as they are if the two are equal, else one zstd frame.
 * An empty one is only its length, 0. Lengths are unsigned LEB128.
 *
 * <p>What belongs together lies together so, and zstd finds more in it than in a mixture.
 */
final class DeltaStreams implements AutoCloseable {
    /** Shorter streams are not compressed: a zstd frame takes 9 bytes and more around its content. */
    private static final int SHORTEST_TO_COMPRESS = 24;

    private final ZstdCompressCtx compressor = ZstdDelta.newCompressor();
    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
    private final DeltaStreamWriter[] writers;
    private final DeltaStreamReader[] readers;
    private ByteBuffer packed = ByteBuffer.allocateDirect(0);

    /**
     * @param names of the streams in their order, in the plural, for messages
     */
    DeltaStreams(String... names) {
        writers = new DeltaStreamWriter[names.length];
        readers = new DeltaStreamReader[names.length];
        for (int i = 0; i < names.length; i++) {
            writers[i] = new DeltaStreamWriter();
            readers[i] = new DeltaStreamReader(names[i]);
        }
    }

    /** How long a stream may be beside a target of a length; nothing is allocated for a longer one. */
    static long mostStreamBytes(int targetLen) {
        return 2L * targetLen + 32;
    }

    void level(int level) {
        compressor.setLevel(level);
    }

    DeltaStreamWriter writer(int index) {
        return writers[index];
    }

    DeltaStreamReader reader(int index) {
        return readers[index];
    }

    /** Empties the streams for the next delta. */
    void clear() {
        for (DeltaStreamWriter writer : writers) {
            writer.clear();
        }
    }

    /** Writes the delta; returns its length, or -1 if there is too little room. */
    int pack(int targetLen, ByteBuffer out, int outPos, int outLen) {
        if (outLen < Varint.bytes(targetLen)) {
            return -1;
        }
        int at = Varint.put(out, outPos, targetLen);
        for (DeltaStreamWriter writer : writers) {
            at = pack(writer, out, at, outPos + outLen);
            if (at < 0) {
                return -1;
            }
        }
        return at - outPos;
    }

    private int pack(DeltaStreamWriter writer, ByteBuffer out, int at, int end) {
        int length = writer.length();
        ByteBuffer from = writer.bytes();
        int taken = length;
        if (length >= SHORTEST_TO_COMPRESS) {
            // Not straight into the delta: what zstd makes would depend on the room there.
            int bound = Math.toIntExact(Zstd.compressBound(length));
            if (packed.capacity() < bound) {
                packed = ByteBuffer.allocateDirect(bound);
            }
            int compressed = ZstdDelta.compress(compressor, from, 0, length, packed, 0, packed.capacity());
            if (compressed < length) {
                taken = compressed;
                from = packed;
            }
        }
        int content = at + Varint.bytes(length) + (length == 0 ? 0 : Varint.bytes(taken));
        if (end - content < taken) {
            return -1;
        }
        int next = Varint.put(out, at, length);
        if (length > 0) {
            next = Varint.put(out, next, taken);
            out.put(next, from, 0, taken);
        }
        return next + taken;
    }

    /** Reads a delta's streams; after it, the readers stand at their beginnings. */
    void unpack(ByteBuffer delta, int deltaPos, int deltaLen, int targetLen) throws DeltaException {
        int end = deltaPos + deltaLen;
        DeltaStreamReader first = readers[0];
        first.whole(delta, deltaPos, deltaPos, end);
        long length = first.varint();
        if (length != targetLen) {
            throw new DeltaException("The delta makes " + length + " bytes where " + targetLen + " are expected", 0);
        }
        int at = end - first.remaining();
        for (DeltaStreamReader reader : readers) {
            at = reader.open(decompressor, delta, deltaPos, at, end, mostStreamBytes(targetLen));
        }
        if (at != end) {
            throw new DeltaException((end - at) + " bytes follow the delta's last stream", at - deltaPos);
        }
    }

    @Override
    public void close() {
        compressor.close();
        decompressor.close();
    }
}
