package io.novacron.hde.delta;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import java.nio.ByteBuffer;

/**
 * The form of a delta that consists of several streams: the length of the target as unsigned LEB128, then the streams,
 * each as {@link DeltaStreamWriter} says. What belongs together lies together so, and zstd finds more in it.
 */
final class DeltaStreams implements AutoCloseable {
    private final ZstdCompressCtx compressor = ZstdDelta.newCompressor();
    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
    private final DeltaStreamWriter[] writers;
    private final DeltaStreamReader[] readers;

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
            at = writer.pack(compressor, out, at, outPos + outLen);
            if (at < 0) {
                return -1;
            }
        }
        return at - outPos;
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
