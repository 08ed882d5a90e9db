package io.novacron.hde.frame;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdDictContentType;
import com.github.luben.zstd.ZstdDictDecompress;
import com.github.luben.zstd.ZstdException;
import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.delta.DeltaException;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Makes pages from frames. An instance belongs to one thread and holds memory outside the heap until it is closed.
 *
 * <p>It takes any bytes whatever as payload, never writes outside the pages' place and never allocates more than the
 * largest frame. It does not compare the pages with PageIds: its callers do, before anybody else sees the pages.
 */
public final class FrameUnpacker implements AutoCloseable {
    private static final ByteBuffer NO_BASES = ByteBuffer.allocateDirect(0);

    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
    private final Map<DeltaAlgorithms, DeltaAlgorithm> deltas = new EnumMap<>(DeltaAlgorithms.class);
    // Where a payload on the heap is put for zstd, which reads what is outside it. As large as was needed so far.
    private ByteBuffer scratch = NO_BASES;
    private final Map<Integer, FrameDictionary> dictionaries = new HashMap<>();
    // Made when first needed.
    private final Map<Integer, WithDictionary> decompressorsWithDictionary = new HashMap<>();

    private record WithDictionary(ZstdDictDecompress dictionary, ZstdDecompressCtx decompressor) {}

    /** An unpacker that has no dictionaries. */
    public FrameUnpacker() {
        this(List.of());
    }

    /**
     * An unpacker with dictionaries.
     *
     * @throws IllegalArgumentException if two of them have the same version
     */
    public FrameUnpacker(Collection<FrameDictionary> dictionaries) {
        for (FrameDictionary dictionary : dictionaries) {
            if (this.dictionaries.put(dictionary.version(), dictionary) != null) {
                throw new IllegalArgumentException(
                        "Two dictionaries have version " + Integer.toUnsignedString(dictionary.version()));
            }
        }
    }

    /**
     * Writes the pages of a frame: exactly {@code count * 4096} bytes, or an exception, after which what is in them is
     * undefined.
     *
     * @param kind {@link Frame#PAGES} or {@link Frame#DELTA}
     * @param algorithm as {@link Frame#algorithm()}
     * @param dictionary version of the dictionary that it needs; 0 for none
     * @param count pages
     * @param payload the compressed pages, in a buffer of either sort
     * @param payloadPos where the payload begins
     * @param payloadLen bytes of payload
     * @param bases direct; for DELTA, from position 0, the bases, end to end; else not used and may be null
     * @param out direct; receives the pages
     * @param outPos where the first page goes
     * @throws FrameException if the frame is damaged or unknown
     * @throws IndexOutOfBoundsException if payload or pages do not lie within their buffers
     */
    public void unpack(
            byte kind,
            byte algorithm,
            int dictionary,
            int count,
            ByteBuffer payload,
            int payloadPos,
            int payloadLen,
            ByteBuffer bases,
            ByteBuffer out,
            int outPos)
            throws FrameException {
        checkSizes(count, payloadLen);
        Objects.checkFromIndexSize(payloadPos, payloadLen, payload.capacity());
        if (payload.isDirect()) {
            unpackDirect(kind, algorithm, dictionary, count, payload, payloadPos, payloadLen, bases, out, outPos);
        } else {
            makeRoom(payloadLen);
            scratch.put(0, payload, payloadPos, payloadLen);
            unpackDirect(kind, algorithm, dictionary, count, scratch, 0, payloadLen, bases, out, outPos);
        }
    }

    /**
     * Writes pages that were packed by {@link FramePacker#packAgainst}.
     *
     * @param algorithm the id of a delta algorithm
     * @param bases direct; all of it is the bases
     */
    public void unpackAgainst(byte algorithm, int count, byte[] payload, ByteBuffer bases, ByteBuffer out, int outPos)
            throws FrameException {
        checkSizes(count, payload.length);
        int length = count * Page.SIZE;
        Objects.checkFromIndexSize(outPos, length, out.capacity());
        makeRoom(payload.length);
        scratch.put(0, payload);
        unpackDelta(algorithm, scratch, 0, payload.length, bases, bases.capacity(), out, outPos, length);
    }

    /** As above, of a frame. */
    public void unpack(Frame frame, ByteBuffer bases, ByteBuffer out, int outPos) throws FrameException {
        int payloadLength = frame.payloadLength();
        makeRoom(payloadLength);
        scratch.put(0, frame.payload(), 0, payloadLength);
        unpackDirect(
                frame.kind(),
                frame.algorithm(),
                frame.dictionary(),
                frame.count(),
                scratch,
                0,
                payloadLength,
                bases,
                out,
                outPos);
    }

    private void makeRoom(int payloadLength) {
        if (payloadLength > scratch.capacity()) {
            scratch = ByteBuffer.allocateDirect(
                    Math.max(payloadLength, Math.min(2 * scratch.capacity(), Frame.MAX_PAGES * Page.SIZE)));
        }
    }

    @Override
    public void close() {
        decompressor.close();
        for (WithDictionary held : decompressorsWithDictionary.values()) {
            held.decompressor.close();
            held.dictionary.close();
        }
        deltas.values().forEach(DeltaAlgorithm::close);
    }

    private void unpackDirect(
            byte kind,
            byte algorithm,
            int dictionary,
            int count,
            ByteBuffer payload,
            int payloadPos,
            int payloadLen,
            ByteBuffer bases,
            ByteBuffer out,
            int outPos)
            throws FrameException {
        int length = count * Page.SIZE;
        Objects.checkFromIndexSize(outPos, length, out.capacity());
        if (dictionary != 0 && (kind != Frame.PAGES || algorithm != Frame.ZSTD)) {
            throw new FrameException("A frame of kind " + kind + " and algorithm " + algorithm
                    + " that needs a dictionary, which only PAGES frames of zstd may");
        }
        switch (kind) {
            case Frame.PAGES ->
                unpackPages(algorithm, dictionary, payload, payloadPos, payloadLen, out, outPos, length);
            case Frame.DELTA ->
                unpackDelta(
                        algorithm,
                        payload,
                        payloadPos,
                        payloadLen,
                        bases == null ? NO_BASES : bases,
                        length,
                        out,
                        outPos,
                        length);
            default -> throw new FrameException("There is no frame kind " + kind);
        }
    }

    private void unpackPages(
            byte algorithm,
            int dictionary,
            ByteBuffer payload,
            int payloadPos,
            int payloadLen,
            ByteBuffer out,
            int outPos,
            int length)
            throws FrameException {
        switch (algorithm) {
            case Frame.STORED -> {
                if (payloadLen != length) {
                    throw new FrameException(
                            "A STORED frame has " + payloadLen + " bytes where its pages have " + length);
                }
                out.put(outPos, payload, payloadPos, length);
            }
            case Frame.ZSTD -> {
                ZstdDecompressCtx using = dictionary == 0 ? decompressor : withDictionary(dictionary);
                int unpacked;
                try {
                    unpacked = using.decompressDirectByteBuffer(out, outPos, length, payload, payloadPos, payloadLen);
                } catch (ZstdException e) {
                    throw new FrameException("A frame's payload is damaged: " + e.getMessage(), e);
                }
                if (unpacked != length) {
                    throw new FrameException("A frame makes " + unpacked + " bytes where its pages have " + length);
                }
            }
            default -> throw new FrameException("There is no PAGES algorithm " + algorithm);
        }
    }

    private ZstdDecompressCtx withDictionary(int version) throws FrameException {
        WithDictionary held = decompressorsWithDictionary.get(version);
        if (held == null) {
            FrameDictionary dictionary = dictionaries.get(version);
            if (dictionary == null) {
                throw new FrameException(
                        "A frame needs dictionary " + Integer.toUnsignedString(version) + ", which is not held here");
            }
            ZstdDictDecompress digested = new ZstdDictDecompress(dictionary.bytes(), ZstdDictContentType.FULL_DICT);
            held = new WithDictionary(digested, new ZstdDecompressCtx().loadDict(digested));
            decompressorsWithDictionary.put(version, held);
        }
        return held.decompressor;
    }

    private void unpackDelta(
            byte algorithm,
            ByteBuffer payload,
            int payloadPos,
            int payloadLen,
            ByteBuffer bases,
            int basesLen,
            ByteBuffer out,
            int outPos,
            int length)
            throws FrameException {
        DeltaAlgorithms known = DeltaAlgorithms.byId(algorithm)
                .orElseThrow(() -> new FrameException("There is no delta algorithm " + algorithm));
        if (bases.capacity() < basesLen) {
            throw new IllegalArgumentException(
                    "A DELTA frame of " + length + " bytes needs as many of bases, not " + bases.capacity());
        }
        DeltaAlgorithm delta = deltas.get(known);
        if (delta == null) {
            delta = known.create();
            deltas.put(known, delta);
        }
        try {
            delta.decode(bases, 0, basesLen, payload, payloadPos, payloadLen, out, outPos, length);
        } catch (DeltaException e) {
            throw new FrameException("A DELTA frame's payload is damaged: " + e.getMessage(), e);
        }
    }

    private static void checkSizes(int count, int payloadLen) throws FrameException {
        if (count < 1 || count > Frame.MAX_PAGES) {
            throw new FrameException("A frame has 1 to " + Frame.MAX_PAGES + " pages, not " + count);
        }
        if (payloadLen < 1 || payloadLen > count * Page.SIZE) {
            throw new FrameException(
                    "A frame of " + count + " pages cannot have a payload of " + payloadLen + " bytes");
        }
    }
}
