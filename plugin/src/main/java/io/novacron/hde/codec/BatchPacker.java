package io.novacron.hde.codec;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.novacron.hde.dictionary.SourceDictionaries;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.page.Page;
import io.novacron.hde.wire.Protocol;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes a batch of a segment: compresses its pages into frames and lays the message's body out. One thread. */
public final class BatchPacker implements AutoCloseable {
    /** The most bytes of a script that a batch may have: all stream bytes verbatim, and the operations. */
    static final int MAX_SCRIPT_BYTES = Protocol.MAX_BATCH_STREAM_BYTES + (Protocol.MAX_BATCH_STREAM_BYTES >> 1);

    private final PackOptions options;
    private final SourceDictionaries dictionaries;
    private final FramePacker packer;
    private final DeltaChoice deltas;
    private final KeptFrames kept;
    private final BatchDigest digest = new BatchDigest();
    private final ZstdCompressCtx zstd =
            new ZstdCompressCtx().setContentSize(true).setChecksum(false);
    private final ByteBuffer gathered = ByteBuffer.allocateDirect(Segment.MAX_PAGES * Page.SIZE);

    /** A packer that uses no dictionary. */
    public BatchPacker(PackOptions options) {
        this(options, SourceDictionaries.NONE);
    }

    public BatchPacker(PackOptions options, SourceDictionaries dictionaries) {
        this.options = options;
        this.dictionaries = dictionaries;
        this.packer = new FramePacker(dictionaries.memory());
        this.deltas = new DeltaChoice(options.deltaAlgorithms());
        this.kept = new KeptFrames(packer, options.maxDeltaChain());
    }

    /**
     * Packs a segment that the encoder has ended.
     *
     * @param level zstd's level
     */
    public void pack(Segment segment, int level) {
        List<Frame> keptFrames = new ArrayList<>();
        List<Frame> newFrames = segment.newCount == 0 ? List.of() : List.of(packNew(segment, level));
        // here and not at the end: the frame's pages are gathered only until others are
        newFrames.forEach(frame -> keptFrames.add(kept.frame(frame, gathered, 0)));
        List<Frame> deltaFrames = segment.deltaCount == 0 ? List.of() : List.of(packDelta(segment, level));
        deltaFrames.forEach(frame -> keptFrames.add(kept.frame(frame, gathered, 0)));
        byte[] script = compress(segment.script, level);
        byte[] digestBytes = digest(segment);

        int length = 4 + 2 + 4 + 4 + script.length + digestBytes.length;
        List<Frame> frames = new ArrayList<>(newFrames);
        frames.addAll(deltaFrames);
        for (Frame frame : frames) {
            length += 12 + frame.payload().length;
        }
        ByteBuffer body = ByteBuffer.allocate(length);
        body.putInt(segment.length);
        body.put((byte) newFrames.size());
        body.put((byte) deltaFrames.size());
        for (Frame frame : frames) {
            body.put(frame.kind());
            body.put(frame.algorithm());
            body.putShort((short) frame.count());
            body.putInt(frame.dictionary());
            body.putInt(frame.payload().length);
            body.put(frame.payload());
        }
        putPacked(body, segment.script.length, script);
        body.put(digestBytes);
        segment.body = body.flip();
        segment.frames = List.copyOf(keptFrames);
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

    private Frame packNew(Segment segment, int level) {
        gather(segment, segment.newPositions, segment.newCount);
        long[] ids = ids(segment, segment.newPages, segment.newCount);
        Frame frame = packer.packSmall(gathered, 0, segment.newCount, ids, level, options.minCompressionRatio());
        dictionaries.samples().offer(ids, segment.newCount);
        if (frame.algorithm() == Frame.STORED) {
            moveTier(segment, Tier.NEW, segment.newCount);
        }
        return frame;
    }

    private Frame packDelta(Segment segment, int level) {
        gather(segment, segment.deltaPositions, segment.deltaCount);
        long[] ids = ids(segment, segment.deltaPages, segment.deltaCount);
        long[] baseIds = Arrays.copyOf(segment.deltaBaseIds, 2 * segment.deltaCount);
        return deltas.pack(
                        packer,
                        segment.deltaBases,
                        gathered,
                        segment.deltaCount,
                        ids,
                        baseIds,
                        Math.min(segment.deltaDepth, Frame.MAX_DEPTH),
                        level)
                .orElseGet(() -> {
                    moveTier(segment, Tier.DELTA, segment.deltaCount);
                    return packer.packSmall(gathered, 0, segment.deltaCount, ids, level, options.minCompressionRatio());
                });
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
        zstd.close();
    }
}
