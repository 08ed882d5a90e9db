package io.novacron.hde.frame;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.delta.DeltaException;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.EnumMap;
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
    // Where a payload on the heap is put for zstd, which reads what is outside it.
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(Frame.MAX_PAGES * Page.SIZE);

    /**
     * Writes the pages of a frame: exactly {@code count * 4096} bytes, or an exception, after which what is in them is
     * undefined.
     *
     * @param kind {@link Frame#PAGES} or {@link Frame#DELTA}
     * @param algorithm as {@link Frame#algorithm()}
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
            unpackDirect(kind, algorithm, count, payload, payloadPos, payloadLen, bases, out, outPos);
        } else {
            scratch.put(0, payload, payloadPos, payloadLen);
            unpackDirect(kind, algorithm, count, scratch, 0, payloadLen, bases, out, outPos);
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
        scratch.put(0, payload);
        unpackDelta(algorithm, scratch, 0, payload.length, bases, bases.capacity(), out, outPos, length);
    }

    /** As above, of a frame. */
    public void unpack(Frame frame, ByteBuffer bases, ByteBuffer out, int outPos) throws FrameException {
        byte[] payload = frame.payload();
        scratch.put(0, payload);
        unpackDirect(frame.kind(), frame.algorithm(), frame.count(), scratch, 0, payload.length, bases, out, outPos);
    }

    @Override
    public void close() {
        decompressor.close();
        deltas.values().forEach(DeltaAlgorithm::close);
    }

    private void unpackDirect(
            byte kind,
            byte algorithm,
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
        switch (kind) {
            case Frame.PAGES -> unpackPages(algorithm, payload, payloadPos, payloadLen, out, outPos, length);
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
            byte algorithm, ByteBuffer payload, int payloadPos, int payloadLen, ByteBuffer out, int outPos, int length)
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
                int unpacked;
                try {
                    unpacked = decompressor.decompressDirectByteBuffer(
                            out, outPos, length, payload, payloadPos, payloadLen);
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
