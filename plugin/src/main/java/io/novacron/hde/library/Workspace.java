package io.novacron.hde.library;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** What one call works in: zstd's contexts, delta algorithms and buffers. One thread at a time. */
final class Workspace implements AutoCloseable {
    final Scratch input = new Scratch();
    final Scratch output = new Scratch();
    final Scratch base = new Scratch();
    final Scratch difference = new Scratch();
    final Scratch literals = new Scratch();
    final Scratch packed = new Scratch();
    final CopyFinder copyFinder = new CopyFinder();

    private final int level;
    private final ZstdCompressCtx compressor;
    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx().setMagicless(true);
    private final Map<DeltaAlgorithms, DeltaAlgorithm> deltas = new EnumMap<>(DeltaAlgorithms.class);
    private Optional<DictionaryContexts> dictionary = Optional.empty();

    Workspace(int level) {
        this.level = level;
        compressor = Dictionaries.compressor(level);
    }

    /** zstd over bytes of a direct buffer, into {@link #packed}: the bytes written, or -1 if that saves nothing. */
    int compress(ByteBuffer from, int position, int length) {
        return compress(compressor, from, position, length, packed.atLeast(length));
    }

    /** As above, with a dictionary. */
    int compress(ByteBuffer from, int position, int length, byte[] content) {
        return compress(contexts(content).compressor(), from, position, length, packed.atLeast(length));
    }

    /**
     * Reads a zstd frame.
     *
     * @return the bytes it makes, at most {@code toLen}
     * @throws ZstdException if it is damaged or makes more
     */
    int decompress(ByteBuffer from, int position, int length, ByteBuffer to, int toLen) {
        return decompressor.decompressDirectByteBuffer(to, 0, toLen, from, position, length);
    }

    /** As above, with a dictionary. */
    int decompress(ByteBuffer from, int position, int length, ByteBuffer to, int toLen, byte[] content) {
        return contexts(content).decompressor().decompressDirectByteBuffer(to, 0, toLen, from, position, length);
    }

    DeltaAlgorithm delta(DeltaAlgorithms which) {
        DeltaAlgorithm delta = deltas.get(which);
        if (delta == null) {
            delta = which.create();
            delta.level(level);
            deltas.put(which, delta);
        }
        return delta;
    }

    /** Gives back what the last call needed more than most do. */
    void shrink() {
        if (input.isLarge() || output.isLarge() || base.isLarge()) {
            // They have grown buffers of their own.
            closeDeltas();
        }
        for (Scratch scratch : new Scratch[] {input, output, base, difference, literals, packed}) {
            scratch.shrink();
        }
    }

    @Override
    public void close() {
        compressor.close();
        decompressor.close();
        closeDeltas();
        dictionary.ifPresent(DictionaryContexts::close);
    }

    private void closeDeltas() {
        deltas.values().forEach(DeltaAlgorithm::close);
        deltas.clear();
    }

    private DictionaryContexts contexts(byte[] content) {
        if (dictionary.isEmpty() || !Arrays.equals(dictionary.get().content(), content)) {
            dictionary.ifPresent(DictionaryContexts::close);
            dictionary = Optional.of(new DictionaryContexts(
                    content,
                    Dictionaries.compressor(level).loadDict(content),
                    new ZstdDecompressCtx().setMagicless(true).loadDict(content)));
        }
        return dictionary.get();
    }

    private static int compress(ZstdCompressCtx context, ByteBuffer from, int position, int length, ByteBuffer to) {
        try {
            return context.compressDirectByteBuffer(to, 0, length, from, position, length);
        } catch (ZstdException e) {
            if (e.getErrorCode() == Zstd.errDstSizeTooSmall()) {
                return -1;
            }
            throw e;
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record DictionaryContexts(byte[] content, ZstdCompressCtx compressor, ZstdDecompressCtx decompressor) {
        void close() {
            compressor.close();
            decompressor.close();
        }
    }
}
