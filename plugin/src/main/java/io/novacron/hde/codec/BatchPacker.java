package io.novacron.hde.codec;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.page.Page;
import io.novacron.hde.wire.Protocol;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Makes a batch of a segment: compresses its pages into frames and lays the message's body out. One thread. */
public final class BatchPacker implements AutoCloseable {
    /** The most bytes of a script that a batch may have: all stream bytes verbatim, and the operations. */
    static final int MAX_SCRIPT_BYTES = Protocol.MAX_BATCH_STREAM_BYTES + (Protocol.MAX_BATCH_STREAM_BYTES >> 1);

    private final PackOptions options;
    private final FramePacker packer = new FramePacker();
    private final DeltaChoice deltas;
    private final DeltaAlgorithm reference = DeltaAlgorithms.ZSTD.create();
    private final KeptFrames kept;
    private final BatchDigest digest = new BatchDigest();
    private final ZstdCompressCtx zstd =
            new ZstdCompressCtx().setContentSize(true).setChecksum(false);
    private final ByteBuffer gathered = ByteBuffer.allocateDirect(Segment.MAX_PAGES * Page.SIZE);

    public BatchPacker(PackOptions options) {
        this.options = options;
        this.deltas = new DeltaChoice(options.deltaAlgorithms());
        this.kept = new KeptFrames(packer, options.maxDeltaChain());
    }

    /**
     * Packs a segment that the encoder has ended.
     *
     * @param level zstd's level
     */
    public void pack(Segment segment, int level) {
        List<Frame> stored = new ArrayList<>();
        List<WireFrame> frames = new ArrayList<>();
        if (segment.newCount > 0) {
            frames.add(packNew(segment, level, stored));
        }
        if (segment.deltaCount > 0) {
            frames.add(packDelta(segment, level, stored));
        }
        if (segment.similarCount > 0) {
            frames.add(packSimilar(segment, level, stored));
        }
        byte[] script = compress(segment.script, level);
        byte[] digestBytes = digest(segment);

        int length = 4 + 3 + 4 + 4 + script.length + digestBytes.length;
        for (WireFrame frame : frames) {
            length += WireFrame.HEADER_BYTES + frame.payload().length;
        }
        ByteBuffer body = ByteBuffer.allocate(length);
        body.putInt(segment.length);
        body.put((byte) Math.min(segment.newCount, 1));
        body.put((byte) Math.min(segment.deltaCount, 1));
        body.put((byte) Math.min(segment.similarCount, 1));
        for (WireFrame frame : frames) {
            body.put(frame.kind());
            body.put(frame.algorithm());
            body.putShort((short) frame.count());
            body.putInt(0); // no dictionary
            body.putInt(frame.payload().length);
            body.put(frame.payload());
        }
        putPacked(body, segment.script.length, script);
        body.put(digestBytes);
        segment.body = body.flip();
        segment.frames = List.copyOf(stored);
    }

    /** The body of a Resend of this segment: the stream's bytes, with nothing that the peer would have to know. */
    public ByteBuffer packRaw(Segment segment, int level) {
        byte[] stream = new byte[segment.length];
        segment.raw.get(0, stream);
        byte[] packedStream = compress(stream, level);
        byte[] script = compress(segment.script, level);
        byte[] digestBytes = digest(segment);
        ByteBuffer body = ByteBuffer.allocate(4 + 8 + script.length + 8 + packedStream.length + digestBytes.length);
        body.putInt(segment.length);
        putPacked(body, segment.script.length, script);
        putPacked(body, stream.length, packedStream);
        body.put(digestBytes);
        return body.flip();
    }

    private static void putPacked(ByteBuffer body, int length, byte[] packed) {
        body.putInt(length);
        body.putInt(packed.length);
        body.put(packed);
    }

    private WireFrame packNew(Segment segment, int level, List<Frame> stored) {
        gather(segment, segment.newPositions, segment.newCount);
        long[] ids = ids(segment, segment.newPages, segment.newCount);
        Frame frame = packer.pack(gathered, 0, segment.newCount, ids, level, options.minCompressionRatio());
        if (frame.algorithm() == Frame.STORED) {
            moveTier(segment, Tier.NEW, segment.newCount);
        }
        stored.add(frame);
        return WireFrame.of(frame);
    }

    private WireFrame packDelta(Segment segment, int level, List<Frame> stored) {
        gather(segment, segment.deltaPositions, segment.deltaCount);
        long[] ids = ids(segment, segment.deltaPages, segment.deltaCount);
        long[] baseIds = Arrays.copyOf(segment.deltaBaseIds, 2 * segment.deltaCount);
        Frame frame = deltas.pack(
                        packer,
                        segment.bases(),
                        gathered,
                        segment.deltaCount,
                        ids,
                        baseIds,
                        Math.min(segment.deltaDepth, Frame.MAX_DEPTH),
                        level)
                .orElseGet(() -> packWithoutBases(segment, segment.deltaCount, ids, level));
        stored.add(kept.frame(frame, gathered, 0));
        return WireFrame.of(frame);
    }

    private WireFrame packSimilar(Segment segment, int level, List<Frame> stored) {
        int count = segment.similarCount;
        gather(segment, segment.similarPositions, count);
        long[] ids = ids(segment, segment.similarPages, count);
        reference.level(level);
        Optional<byte[]> payload = packer.packAgainst(
                reference, segment.bases(), segment.similarBases(), segment.similarBaseCount, gathered, count);
        if (payload.isEmpty()) {
            Frame frame = packWithoutBases(segment, count, ids, level);
            stored.add(frame);
            return WireFrame.of(frame);
        }
        stored.add(kept.pack(gathered, 0, count, ids));
        return new WireFrame(WireFrame.SIMILAR, reference.id(), count, payload.get());
    }

    /** Pages that turned out to be no smaller with their bases. */
    private Frame packWithoutBases(Segment segment, int count, long[] ids, int level) {
        moveTier(segment, Tier.DELTA, count);
        return packer.pack(gathered, 0, count, ids, level, options.minCompressionRatio());
    }

    private static void moveTier(Segment segment, Tier from, int pages) {
        segment.tiers[from.ordinal()] -= pages;
        segment.tiers[Tier.RAW.ordinal()] += pages;
    }

    private void gather(Segment segment, int[] positions, int count) {
        for (int i = 0; i < count; i++) {
            gathered.put(i * Page.SIZE, segment.raw, positions[i], Page.SIZE);
        }
    }

    private static long[] ids(Segment segment, int[] pages, int count) {
        long[] ids = new long[2 * count];
        for (int i = 0; i < count; i++) {
            ids[2 * i] = segment.pageIds[2 * pages[i]];
            ids[2 * i + 1] = segment.pageIds[2 * pages[i] + 1];
        }
        return ids;
    }

    private byte[] digest(Segment segment) {
        digest.begin(ByteBuffer.wrap(segment.script));
        for (int i = 0; i < segment.pageCount; i++) {
            digest.page(segment.pageIds[2 * i], segment.pageIds[2 * i + 1]);
        }
        return digest.end();
    }

    /** Compressed if that is smaller; else as it is, which its equal length tells. */
    private byte[] compress(byte[] bytes, int level) {
        if (bytes.length < 32) {
            return bytes;
        }
        zstd.setLevel(level);
        byte[] packed = new byte[Math.toIntExact(Zstd.compressBound(bytes.length))];
        int length = zstd.compressByteArray(packed, 0, packed.length, bytes, 0, bytes.length);
        return length < bytes.length ? Arrays.copyOf(packed, length) : bytes;
    }

    @Override
    public void close() {
        packer.close();
        deltas.close();
        reference.close();
        zstd.close();
    }
}
