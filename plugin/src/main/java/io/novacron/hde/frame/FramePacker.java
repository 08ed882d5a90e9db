package io.novacron.hde.frame;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDictCompress;
import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** Makes frames. An instance belongs to one thread and holds memory outside the heap until it is closed. */
public final class FramePacker implements AutoCloseable {
    /** A frame of more pages is its own dictionary: another would save next to nothing (docs/measurements.md). */
    public static final int MAX_PAGES_WITH_DICTIONARY = 16;

    private final ZstdCompressCtx compressor =
            new ZstdCompressCtx().setChecksum(false).setContentSize(true).setDictID(false);
    private final ByteBuffer scratch =
            ByteBuffer.allocateDirect(Math.toIntExact(Zstd.compressBound(Frame.MAX_PAGES * Page.SIZE)));
    private int currentLevel = Zstd.defaultCompressionLevel();
    private final Optional<FrameDictionary> dictionary;
    // The dictionary as zstd wants it for each level, and a context that has it: made when first needed.
    private final Map<Integer, ZstdDictCompress> digested = new HashMap<>();
    private ZstdCompressCtx compressorWithDictionary;
    private int digestedLevel;

    private IntFunction<byte[]> arrays = byte[]::new;

    /** A packer that has no dictionary. */
    public FramePacker() {
        this(Optional.empty());
    }

    /** @param dictionary for {@link #packSmall} */
    public FramePacker(Optional<FrameDictionary> dictionary) {
        this.dictionary = dictionary;
    }

    /**
     * From now on payloads are put into these arrays. A frame may be used as long as nobody else is given its array.
     *
     * @param source gives arrays of a length or longer; first, each is a new one of that length
     */
    public void arrays(IntFunction<byte[]> source) {
        arrays = source;
    }

    /**
     * Packs pages into a PAGES frame, compressed with zstd, or STORED where that saves too little.
     *
     * @param pages direct; holds the pages end to end
     * @param position where the first one begins
     * @param count pages, 1 to 256
     * @param ids two halves, high then low, for each page; kept, not copied
     * @param level zstd's level
     * @param minRatio bytes in / bytes out below which the pages are STORED, e.g. 1.1
     */
    public Frame pack(ByteBuffer pages, int position, int count, long[] ids, int level, double minRatio) {
        checkCount(count);
        int length = count * Page.SIZE;
        if (level != currentLevel) {
            compressor.setLevel(level);
            currentLevel = level;
        }
        int packed = compressor.compressDirectByteBuffer(scratch, 0, scratch.capacity(), pages, position, length);
        if (isStored(length, packed, minRatio)) {
            return stored(pages, position, count, ids);
        }
        return Frame.pages(Frame.ZSTD, count, payload(packed), ids);
    }

    private Payload payload(int packed) {
        byte[] payload = arrays.apply(packed);
        scratch.get(0, payload, 0, packed);
        return new Payload(payload, packed);
    }

    /**
     * As {@link #pack}, but with the dictionary, if there is one, for up to {@link #MAX_PAGES_WITH_DICTIONARY} pages. Such
     * a frame is for the wire and not for the page store.
     */
    public Frame packSmall(ByteBuffer pages, int position, int count, long[] ids, int level, double minRatio) {
        if (dictionary.isEmpty() || count > MAX_PAGES_WITH_DICTIONARY) {
            return pack(pages, position, count, ids, level, minRatio);
        }
        checkCount(count);
        int length = count * Page.SIZE;
        int packed = withDictionary(dictionary.get(), level)
                .compressDirectByteBuffer(scratch, 0, scratch.capacity(), pages, position, length);
        if (isStored(length, packed, minRatio)) {
            return stored(pages, position, count, ids);
        }
        return Frame.pages(count, payload(packed), ids, dictionary.get().version());
    }

    private ZstdCompressCtx withDictionary(FrameDictionary trained, int level) {
        if (compressorWithDictionary == null) {
            compressorWithDictionary = new ZstdCompressCtx()
                    .setChecksum(false)
                    .setContentSize(true)
                    .setDictID(false);
            digestedLevel = Integer.MIN_VALUE;
        }
        if (digestedLevel != level) {
            compressorWithDictionary.setLevel(level);
            compressorWithDictionary.loadDict(
                    digested.computeIfAbsent(level, each -> new ZstdDictCompress(trained.bytes(), each)));
            digestedLevel = level;
        }
        return compressorWithDictionary;
    }

    private static boolean isStored(int length, int packed, double minRatio) {
        return packed >= length || length < minRatio * packed;
    }

    private Frame stored(ByteBuffer pages, int position, int count, long[] ids) {
        int length = count * Page.SIZE;
        byte[] payload = arrays.apply(length);
        pages.get(position, payload, 0, length);
        return Frame.pages(Frame.STORED, count, new Payload(payload, length), ids);
    }

    /**
     * Packs pages into a DELTA frame.
     *
     * @param bases direct; from position 0 the bases, end to end
     * @param targets direct; from position 0 the pages, end to end
     * @param count pages, 1 to 256, and as many bases
     * @param ids two halves, high then low, for each page; kept, not copied
     * @param baseIds the same for each base
     * @param depth 1 + the greatest depth of the bases
     * @return the frame, or empty if the delta is not smaller than the pages
     */
    public Optional<Frame> packDelta(
            DeltaAlgorithm algorithm,
            ByteBuffer bases,
            ByteBuffer targets,
            int count,
            long[] ids,
            long[] baseIds,
            int depth) {
        return packAgainst(algorithm, bases, count, targets, count)
                .map(payload -> Frame.delta(algorithm.id(), count, payload, ids, baseIds, depth));
    }

    /**
     * Packs pages against bases of any number and order.
     *
     * @param bases direct; from position 0 the bases, end to end
     * @param baseCount bases
     * @param targets direct; from position 0 the pages, end to end
     * @param count pages, 1 to 256
     * @return the payload, or empty if it is not smaller than the pages
     */
    public Optional<Payload> packAgainst(
            DeltaAlgorithm algorithm, ByteBuffer bases, int baseCount, ByteBuffer targets, int count) {
        checkCount(count);
        int length = count * Page.SIZE;
        int basesLength = baseCount * Page.SIZE;
        int packed = algorithm.encode(bases, 0, basesLength, targets, 0, length, scratch, 0, scratch.capacity());
        if (packed < 0 || packed >= length) {
            return Optional.empty();
        }
        return Optional.of(payload(packed));
    }

    @Override
    public void close() {
        compressor.close();
        if (compressorWithDictionary != null) {
            compressorWithDictionary.close();
        }
        digested.values().forEach(ZstdDictCompress::close);
    }

    private static void checkCount(int count) {
        if (count < 1 || count > Frame.MAX_PAGES) {
            throw new IllegalArgumentException("A frame has 1 to " + Frame.MAX_PAGES + " pages, not " + count);
        }
    }
}
