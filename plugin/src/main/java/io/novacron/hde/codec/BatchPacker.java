package io.novacron.hde.codec;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.dictionary.SourceDictionaries;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.frame.Payload;
import io.novacron.hde.page.Page;
import io.novacron.hde.store.PageReader;
import io.novacron.hde.store.PageStore;
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

    private static final long[] NO_REFERENCES = {};

    /** What new pages resemble lies here and there; there are as many packers as threads. */
    private static final int READER_BYTES = 2 << 20;

    private final PackOptions options;
    private final SourceDictionaries dictionaries;
    private final FramePacker packer;
    private final DeltaChoice deltas;
    private final DeltaAlgorithm reference = DeltaAlgorithms.ZSTD.create();
    private final PageReader pages;
    private final KeptFrames kept;
    private final BatchDigest digest = new BatchDigest();
    private final ZstdCompressCtx zstd =
            new ZstdCompressCtx().setContentSize(true).setChecksum(false);
    private final ByteBuffer gathered = ByteBuffer.allocateDirect(Segment.MAX_PAGES * Page.SIZE);
    // made when first needed
    private ByteBuffer referencedPages;

    /** A packer that uses no dictionary. */
    public BatchPacker(PackOptions options, PageStore store) {
        this(options, store, SourceDictionaries.NONE, ChannelRoom.WIDE);
    }

    /**
     * A packer.
     *
     * @param store where the pages that new ones resemble are read from
     * @param room of the channel for which it packs
     */
    public BatchPacker(PackOptions options, PageStore store, SourceDictionaries dictionaries, ChannelRoom room) {
        this.pages = store.newReader(Math.min(room.readerBytes(), READER_BYTES));
        this.options = options;
        this.dictionaries = dictionaries;
        this.packer = new FramePacker(dictionaries.memory());
        this.deltas = new DeltaChoice(options.deltaAlgorithms());
        this.kept = new KeptFrames(packer, options.maxDeltaChain());
    }

    /** Packs a segment that the encoder has ended. */
    public void pack(Segment segment, Effort effort) {
        packer.arrays(segment.arrays);
        List<Frame> stored = new ArrayList<>();
        List<WireFrame> frames = new ArrayList<>();
        if (segment.newCount > 0) {
            long[] ids = ids(segment, segment.newPages, segment.newCount);
            WireFrame frame = packNew(segment, ids, effort, stored);
            frames.add(frame);
            dictionaries.samples().offer(ids, segment.newCount);
            segment.moveTier(Tier.NEW, tier(frame, Tier.NEW), segment.newCount);
        }
        if (segment.deltaCount > 0) {
            WireFrame frame = packDelta(segment, effort, stored);
            frames.add(frame);
            segment.moveTier(Tier.DELTA, tier(frame, Tier.RAW), segment.deltaCount);
        }
        byte[] script = compress(segment.script, effort.level());
        byte[] digestBytes = digest(segment);

        int length = 4 + 2 + 4 + 4 + script.length + digestBytes.length;
        for (WireFrame frame : frames) {
            length += frame.maxLength();
        }
        ByteBuffer body = ByteBuffer.wrap(segment.arrays.apply(length));
        body.putInt(segment.length);
        body.put((byte) Math.min(segment.newCount, 1));
        body.put((byte) Math.min(segment.deltaCount, 1));
        List<FrameReport> reports = new ArrayList<>();
        for (WireFrame frame : frames) {
            int start = body.position();
            frame.write(body);
            reports.add(FrameReport.of(frame, body.position() - start));
        }
        putPacked(body, segment.script.length, script);
        body.put(digestBytes);
        segment.body = body.flip();
        segment.frames = List.copyOf(stored);
        segment.reports = List.copyOf(reports);
    }

    /**
     * Packs a segment's new pages with another effort, to see what comes of it; the segment stays as it is.
     *
     * @return bytes of their frame
     */
    public int tryNew(Segment segment, Effort effort) {
        packer.arrays(segment.arrays);
        long[] ids = ids(segment, segment.newPages, segment.newCount);
        return packNew(segment, ids, effort, new ArrayList<>()).payloadLength();
    }

    /** The tier in which the pages of a frame cross. */
    private static Tier tier(WireFrame frame, Tier whole) {
        if (frame.kind() != Frame.PAGES) {
            return Tier.DELTA;
        }
        return frame.algorithm() == Frame.STORED ? Tier.RAW : whole;
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

    private WireFrame packNew(Segment segment, long[] ids, Effort effort, List<Frame> stored) {
        int count = segment.newCount;
        gather(segment, segment.newPositions, count);
        long[] references = effort.references() > 0 ? readReferences(segment) : NO_REFERENCES;
        if (references.length > 0) {
            reference.level(effort.level());
            Optional<Payload> payload =
                    packer.packAgainst(reference, referencedPages, references.length, gathered, count);
            if (payload.isPresent()) {
                stored.addAll(kept.pack(gathered, 0, count, ids));
                return new WireFrame(
                        WireFrame.REFERENCED,
                        reference.id(),
                        0,
                        count,
                        references,
                        payload.get().bytes(),
                        payload.get().length());
            }
        }
        Frame frame = packer.packSmall(gathered, 0, count, ids, effort.level(), options.minCompressionRatio());
        stored.add(kept.frame(frame, gathered, 0));
        return WireFrame.of(frame);
    }

    /** Reads the pages that the new ones resemble; returns the numbers of those that are held, in ascending order. */
    private long[] readReferences(Segment segment) {
        if (segment.referenceCount == 0) {
            return NO_REFERENCES;
        }
        if (referencedPages == null) {
            referencedPages = ByteBuffer.allocateDirect(Segment.MAX_REFERENCES * Page.SIZE);
        }
        long[] numbers = new long[segment.referenceCount];
        int count = 0;
        for (int i : segment.referencesByNumber()) {
            if (readReference(segment, i, count * Page.SIZE)) {
                numbers[count++] = segment.referenceNumbers[i];
            }
        }
        return Arrays.copyOf(numbers, count);
    }

    private boolean readReference(Segment segment, int index, int position) {
        if (segment.referenceHeld[index]) {
            referencedPages.put(position, segment.referencePages(), index * Page.SIZE, Page.SIZE);
            return true;
        }
        return pages.read(
                segment.referenceIds[2 * index], segment.referenceIds[2 * index + 1], referencedPages, position);
    }

    private WireFrame packDelta(Segment segment, Effort effort, List<Frame> stored) {
        gather(segment, segment.deltaPositions, segment.deltaCount);
        long[] ids = ids(segment, segment.deltaPages, segment.deltaCount);
        long[] baseIds = Arrays.copyOf(segment.deltaBaseIds, 2 * segment.deltaCount);
        Frame frame = deltas.pack(
                        packer,
                        segment.deltaBases(),
                        gathered,
                        segment.deltaCount,
                        ids,
                        baseIds,
                        Math.min(segment.deltaDepth, Frame.MAX_DEPTH),
                        effort)
                .orElseGet(() -> packer.packSmall(
                        gathered, 0, segment.deltaCount, ids, effort.level(), options.minCompressionRatio()));
        stored.add(kept.frame(frame, gathered, 0));
        return WireFrame.of(frame);
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
        pages.close();
        zstd.close();
    }
}
