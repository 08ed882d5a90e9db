package io.novacron.hde.codec;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.frame.FrameException;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.frame.FrameUnpacker;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.page.PageId;
import io.novacron.hde.qemu.stream.MigrationStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageReader;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.wire.Protocol;
import java.nio.BufferOverflowException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes the stream's bytes of a batch and verifies every one of them. A batch that fails leaves nothing behind that the
 * same batch, sent again raw, would not put right. One thread.
 */
public final class BatchRebuilder implements AutoCloseable {
    private static final int MAX_PAGES = Protocol.MAX_BATCH_STREAM_BYTES / Page.SIZE;
    private static final int RECENT_PAGES = 2048;

    /** What the headers of multifd packets in so many stream bytes can name: 128 in 1344 bytes, at the most. */
    private static final int MAX_ZERO_PLACES = Protocol.MAX_BATCH_STREAM_BYTES / 8;

    private final ChannelMemory memory;
    private final PageStore store;
    private final PageReader pages;
    private final MigrationStreamWriter writer = new MigrationStreamWriter();
    private final PageHasher hasher = new PageHasher();
    private final BatchDigest digest = new BatchDigest();
    private final RecentPages recent;
    private final FrameUnpacker unpacker;
    private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
    private final ByteBuffer[] outs = {
        ByteBuffer.allocateDirect(Protocol.MAX_BATCH_STREAM_BYTES),
        ByteBuffer.allocateDirect(Protocol.MAX_BATCH_STREAM_BYTES)
    };
    private final ByteBuffer unpacked = ByteBuffer.allocateDirect(MAX_PAGES * Page.SIZE);
    private final ByteBuffer bases = ByteBuffer.allocateDirect(MAX_PAGES * Page.SIZE);
    private final long[] unpackedIds = new long[2 * MAX_PAGES];
    private final boolean[] unpackedAgainstOthers = new boolean[MAX_PAGES];
    private final long[] baseIds = new long[2 * MAX_PAGES];
    // made when the first frame with references comes
    private ByteBuffer referencedPages;
    private final int[] tiers = new int[Tier.values().length];
    private final List<UnpackedFrame> frames = new ArrayList<>();
    private final FramePacker packer = new FramePacker();
    private final KeptFrames kept;

    // pages unpacked from the batch's frames: those for NEW records first, then those for DELTA records
    private int newCount;
    private int deltaCount;
    private int newUsed;
    private int deltaUsed;
    // The next successful batch is made in this one of the two; what was returned last lies in the other.
    private int turn;
    private ByteBuffer out = outs[turn];

    /** A rebuilder that has no dictionaries. */
    public BatchRebuilder(ChannelMemory memory, PageStore store, int maxDeltaChain) {
        this(memory, store, maxDeltaChain, List.of());
    }

    /** One of a migration's main channel; parameters as below. */
    public BatchRebuilder(
            ChannelMemory memory, PageStore store, int maxDeltaChain, List<FrameDictionary> dictionaries) {
        this(memory, store, maxDeltaChain, dictionaries, true);
    }

    /**
     * @param store where pages are read from
     * @param maxDeltaChain as {@link PackOptions#maxDeltaChain}, for the frames to be stored here
     * @param dictionaries those that frames may need, each of another version
     * @param main whether this is the migration's main channel; the others have less memory
     */
    public BatchRebuilder(
            ChannelMemory memory,
            PageStore store,
            int maxDeltaChain,
            List<FrameDictionary> dictionaries,
            boolean main) {
        this.recent = new RecentPages(main ? RECENT_PAGES : SourceEncoder.MULTIFD_RECENT_PAGES);
        this.unpacker = new FrameUnpacker(dictionaries);
        this.kept = new KeptFrames(packer, maxDeltaChain);
        this.memory = memory;
        this.store = store;
        this.pages = store.newReader();
    }

    /**
     * Rebuilds a batch.
     *
     * @return the stream's bytes, from position to limit; valid until the next call but one, so that one batch can be
     *     written while the next is rebuilt
     * @throws CodecException when a page is not held here, or anything does not match what the batch promises
     */
    public ByteBuffer rebuild(ByteBuffer batch) throws CodecException {
        int sentBefore = memory.known().sentCount();
        try {
            ByteBuffer body = batch.duplicate();
            start(body.getInt());
            int newFrames = Byte.toUnsignedInt(body.get());
            int deltaFrames = Byte.toUnsignedInt(body.get());
            List<WireFrame> packed = new ArrayList<>();
            for (int i = 0; i < newFrames + deltaFrames; i++) {
                packed.add(WireFrame.read(body));
            }
            byte[] script = readPacked(body, BatchPacker.MAX_SCRIPT_BYTES);
            byte[] promised = readDigest(body);
            for (WireFrame frame : packed.subList(0, newFrames)) {
                if (frame.kind() == Frame.DELTA) {
                    // It has no bases here: what is left of another batch's would be stored as theirs.
                    throw new CodecException("a DELTA frame among those for NEW records");
                }
                newCount += unpack(frame, newCount);
            }
            if (deltaFrames > 0) {
                findBases(script);
                for (WireFrame frame : packed.subList(newFrames, packed.size())) {
                    deltaCount += unpack(frame, newCount + deltaCount);
                }
            }
            walk(script, null);
            finish(promised);
            if (newUsed != newCount || deltaUsed != deltaCount) {
                throw new CodecException("a batch with " + (newCount + deltaCount) + " pages, of which "
                        + (newUsed + deltaUsed) + " are used");
            }
            turn ^= 1;
            return out.flip();
        } catch (BufferUnderflowException | BufferOverflowException | IndexOutOfBoundsException e) {
            memory.known().truncate(sentBefore);
            throw new CodecException("a batch whose lengths do not fit together", e);
        } catch (CodecException e) {
            memory.known().truncate(sentBefore);
            throw e;
        }
    }

    /**
     * Rebuilds a batch from its Resend, which needs nothing that is held here.
     *
     * @return as {@link #rebuild}
     * @throws CodecException when it does not have the content that it promises
     */
    public ByteBuffer rebuildRaw(ByteBuffer resend) throws CodecException {
        int sentBefore = memory.known().sentCount();
        try {
            ByteBuffer body = resend.duplicate();
            start(body.getInt());
            byte[] script = readPacked(body, BatchPacker.MAX_SCRIPT_BYTES);
            byte[] stream = readPacked(body, Protocol.MAX_BATCH_STREAM_BYTES);
            byte[] promised = readDigest(body);
            walk(script, ByteBuffer.wrap(stream));
            finish(promised);
            out.flip();
            if (!out.equals(ByteBuffer.wrap(stream))) {
                throw new CodecException("a batch sent again whose stream is not what its script says");
            }
            heal();
            turn ^= 1;
            return out;
        } catch (BufferUnderflowException | BufferOverflowException | IndexOutOfBoundsException e) {
            memory.known().truncate(sentBefore);
            throw new CodecException("a batch sent again whose lengths do not fit together", e);
        } catch (CodecException e) {
            memory.known().truncate(sentBefore);
            throw e;
        }
    }

    /** The frames of the last batch that was rebuilt, in the form in which the page store keeps them. */
    public List<Frame> frames() {
        List<Frame> stored = new ArrayList<>();
        for (UnpackedFrame frame : frames) {
            if (frame.frame == null) {
                stored.addAll(kept.pack(unpacked, frame.at, frame.count, unpackedIds));
            } else {
                stored.add(kept.frame(frame.frame, unpacked, frame.at * Page.SIZE));
            }
        }
        return stored;
    }

    /** A frame of the batch, null if it is not stored as it is, and which of the unpacked pages are its own. */
    private record UnpackedFrame(Frame frame, int at, int count) {}

    /** How many pages of the last batch came in this tier; raw is what was sent again. */
    public int pages(Tier tier) {
        return tiers[tier.ordinal()];
    }

    private void start(int streamBytes) throws CodecException {
        if (streamBytes < 0 || streamBytes > Protocol.MAX_BATCH_STREAM_BYTES) {
            throw new CodecException("a batch for " + Integer.toUnsignedString(streamBytes) + " stream bytes");
        }
        out = outs[turn];
        out.clear().limit(streamBytes);
        newCount = 0;
        deltaCount = 0;
        newUsed = 0;
        deltaUsed = 0;
        frames.clear();
        Arrays.fill(tiers, 0);
    }

    private byte[] readPacked(ByteBuffer body, int limit) throws CodecException {
        int length = body.getInt();
        int packedLength = body.getInt();
        if (length < 0
                || length > limit
                || packedLength < 0
                || packedLength > length
                || packedLength > body.remaining()) {
            throw new CodecException("a batch part of " + Integer.toUnsignedString(length) + " bytes, packed "
                    + Integer.toUnsignedString(packedLength));
        }
        byte[] packed = new byte[packedLength];
        body.get(packed);
        if (packedLength == length) {
            return packed;
        }
        byte[] bytes = new byte[length];
        try {
            int unpackedLength = zstd.decompressByteArray(bytes, 0, length, packed, 0, packedLength);
            if (unpackedLength != length) {
                throw new CodecException("a batch part of " + unpackedLength + " bytes instead of " + length);
            }
        } catch (ZstdException e) {
            throw new CodecException("a batch part that zstd cannot unpack: " + e.getMessage(), e);
        }
        return bytes;
    }

    private static byte[] readDigest(ByteBuffer body) throws CodecException {
        byte[] promised = new byte[BatchDigest.BYTES];
        body.get(promised);
        if (body.hasRemaining()) {
            throw new CodecException(body.remaining() + " bytes behind a batch");
        }
        return promised;
    }

    /** Unpacks a frame to the given page of {@code unpacked}, and names its pages. */
    private int unpack(WireFrame frame, int at) throws CodecException {
        int count = frame.count();
        if (at + count > MAX_PAGES) {
            throw new CodecException("a batch with more than " + MAX_PAGES + " pages");
        }
        ByteBuffer frameBases = null;
        long[] frameBaseIds = new long[0];
        if (frame.kind() == Frame.DELTA) {
            frameBases = bases.slice(deltaCount * Page.SIZE, count * Page.SIZE);
            frameBaseIds = Arrays.copyOfRange(baseIds, 2 * deltaCount, 2 * (deltaCount + count));
        }
        int position = at * Page.SIZE;
        try {
            if (frame.kind() == WireFrame.REFERENCED) {
                ByteBuffer references = readReferences(frame.references());
                unpacker.unpackAgainst(frame.algorithm(), count, frame.payload(), references, unpacked, position);
            } else {
                unpacker.unpack(
                        frame.kind(),
                        frame.algorithm(),
                        frame.dictionary(),
                        count,
                        ByteBuffer.wrap(frame.payload()),
                        0,
                        frame.payload().length,
                        frameBases,
                        unpacked,
                        position);
            }
        } catch (FrameException e) {
            throw new CodecException("a frame that cannot be unpacked: " + e.getMessage(), e);
        }
        long[] ids = new long[2 * count];
        for (int i = 0; i < count; i++) {
            hasher.hash(unpacked, position + i * Page.SIZE);
            ids[2 * i] = hasher.high();
            ids[2 * i + 1] = hasher.low();
            recent.add(ids[2 * i], ids[2 * i + 1], unpacked, position + i * Page.SIZE);
        }
        System.arraycopy(ids, 0, unpackedIds, 2 * at, ids.length);
        Arrays.fill(unpackedAgainstOthers, at, at + count, frame.kind() != Frame.PAGES);
        frames.add(new UnpackedFrame(
                frame.kind() == WireFrame.REFERENCED ? null : frame(frame, ids, frameBaseIds), at, count));
        return count;
    }

    /** Fetches the known pages that are a frame's base; all of the returned buffer. */
    private ByteBuffer readReferences(long[] numbers) throws CodecException {
        if (referencedPages == null) {
            referencedPages = ByteBuffer.allocateDirect(WireFrame.MAX_REFERENCES * Page.SIZE);
        }
        for (int i = 0; i < numbers.length; i++) {
            checkNumber(numbers[i]);
            readPage(memory.known().high(numbers[i]), memory.known().low(numbers[i]), referencedPages, i * Page.SIZE);
        }
        return referencedPages.slice(0, numbers.length * Page.SIZE);
    }

    private void checkNumber(long number) throws CodecException {
        if (!memory.known().holds(number)) {
            throw new CodecException("a reference to known page " + number + ", which there is not");
        }
    }

    private Frame frame(WireFrame frame, long[] ids, long[] frameBaseIds) throws CodecException {
        try {
            if (frame.dictionary() != 0) {
                return Frame.pages(frame.count(), frame.payload(), ids, frame.dictionary());
            }
            if (frame.kind() == Frame.PAGES) {
                return Frame.pages(frame.algorithm(), frame.count(), frame.payload(), ids);
            }
            int depth = 0;
            for (int i = 0; i < frame.count(); i++) {
                int base = store.depth(frameBaseIds[2 * i], frameBaseIds[2 * i + 1]);
                depth = Math.max(depth, base < 0 ? Frame.MAX_DEPTH : base);
            }
            int own = Math.min(depth + 1, Frame.MAX_DEPTH);
            return Frame.delta(frame.algorithm(), frame.count(), frame.payload(), ids, frameBaseIds, own);
        } catch (IllegalArgumentException e) {
            throw new CodecException("a frame whose parts do not fit together: " + e.getMessage(), e);
        }
    }

    /** Fetches the base of every DELTA record: what the table says of its place before this batch changes it. */
    private void findBases(byte[] script) throws CodecException {
        ScriptReader reader = new ScriptReader(ByteBuffer.wrap(script));
        int found = 0;
        while (reader.next()) {
            if (reader.type() == ScriptFormat.BLOCKS) {
                begin(reader.blocks());
            }
            if (reader.type() != ScriptFormat.DELTA) {
                continue;
            }
            for (long i = 0; i < reader.count(); i++, found++) {
                if (found == MAX_PAGES) {
                    throw new CodecException("a batch with more than " + MAX_PAGES + " deltas");
                }
                checkPlace(reader.block(), reader.page() + i);
                long high = memory.table().high(reader.block(), reader.page() + i);
                long low = memory.table().low(reader.block(), reader.page() + i);
                readPage(high, low, bases, found * Page.SIZE);
                baseIds[2 * found] = high;
                baseIds[2 * found + 1] = low;
            }
        }
    }

    private void begin(List<RamBlock> blocks) throws CodecException {
        try {
            memory.begin(blocks);
        } catch (IllegalArgumentException e) {
            throw new CodecException("a batch with RAM blocks that cannot be: " + e.getMessage(), e);
        }
    }

    /**
     * Goes through the script and writes the stream's bytes.
     *
     * @param raw null, or the stream's bytes, from which pages are then taken wherever they come from
     */
    private void walk(byte[] script, ByteBuffer raw) throws CodecException {
        digest.begin(ByteBuffer.wrap(script));
        ByteBuffer scriptBytes = ByteBuffer.wrap(script);
        ScriptReader reader = new ScriptReader(scriptBytes);
        while (reader.next()) {
            switch (reader.type()) {
                case ScriptFormat.VERBATIM ->
                    writer.verbatim(out, scriptBytes, reader.dataPosition(), reader.dataLength());
                case ScriptFormat.BLOCKS -> {
                    begin(reader.blocks());
                    writer.blocks(reader.blocks());
                }
                case ScriptFormat.OPAQUE -> {
                    checkPlace(reader.block(), reader.page());
                    writer.verbatim(out, scriptBytes, reader.dataPosition(), reader.dataLength());
                    memory.table().set(reader.block(), reader.page(), PageId.ABSENT.high(), PageId.ABSENT.low());
                    count(Tier.RAW);
                }
                case ScriptFormat.BARE -> {
                    // changes how records are read
                }
                default -> records(reader, raw);
            }
        }
    }

    private void records(ScriptReader reader, ByteBuffer raw) throws CodecException {
        int block = reader.block();
        boolean named = reader.named();
        for (long i = 0; i < reader.count(); i++) {
            long page = reader.page() + i;
            checkPlace(block, page);
            if (reader.type() == ScriptFormat.ZERO) {
                if (!reader.bare()) {
                    writer.zeroPage(out, block, page * Page.SIZE, named);
                } else if (tiers[Tier.ZERO.ordinal()] == MAX_ZERO_PLACES) {
                    throw new CodecException("a batch with more than " + MAX_ZERO_PLACES + " zero pages");
                }
                memory.table().setZero(block, page);
                count(Tier.ZERO);
            } else {
                int position = reader.bare()
                        ? writer.beginBarePage(out)
                        : writer.beginPage(out, block, page * Page.SIZE, named);
                if (raw == null) {
                    page(reader, i, block, page, position);
                } else {
                    rawPage(reader.type(), block, page, raw, position);
                }
            }
            named = false;
        }
    }

    private void page(ScriptReader reader, long i, int block, long page, int position) throws CodecException {
        long high;
        long low;
        switch (reader.type()) {
            case ScriptFormat.KEPT -> {
                high = memory.table().high(block, page);
                low = memory.table().low(block, page);
                readPage(high, low, out, position);
                count(Tier.KEPT);
            }
            case ScriptFormat.KNOWN -> {
                long number = reader.number() + i;
                checkNumber(number);
                high = memory.known().high(number);
                low = memory.known().low(number);
                readPage(high, low, out, position);
                count(Tier.KNOWN);
            }
            default -> {
                boolean delta = reader.type() == ScriptFormat.DELTA;
                if (delta ? deltaUsed == deltaCount : newUsed == newCount) {
                    throw new CodecException("a batch with fewer pages than its script uses");
                }
                int slot = delta ? newCount + deltaUsed++ : newUsed++;
                high = unpackedIds[2 * slot];
                low = unpackedIds[2 * slot + 1];
                out.put(position, unpacked, slot * Page.SIZE, Page.SIZE);
                memory.known().add(high, low);
                count(delta || unpackedAgainstOthers[slot] ? Tier.DELTA : Tier.NEW);
            }
        }
        memory.table().set(block, page, high, low);
        digest.page(high, low);
    }

    private void rawPage(int type, int block, long page, ByteBuffer raw, int position) {
        out.put(position, raw, position, Page.SIZE);
        hasher.hash(out, position);
        long high = hasher.high();
        long low = hasher.low();
        if (type == ScriptFormat.NEW || type == ScriptFormat.DELTA) {
            memory.known().add(high, low);
        }
        recent.add(high, low, out, position);
        memory.table().set(block, page, high, low);
        digest.page(high, low);
        unpackedIds[2 * newCount] = high;
        unpackedIds[2 * newCount + 1] = low;
        unpacked.put(newCount++ * Page.SIZE, out, position, Page.SIZE);
        count(Tier.RAW);
    }

    /**
     * What had to be sent again was missing here or damaged: it is kept, so that it is not missed the next time. A batch is
     * refused for the first page that cannot be read; here all are tried, or each migration would find one damaged frame
     * for each batch.
     */
    private void heal() {
        int missed = 0;
        ByteBuffer page = ByteBuffer.allocateDirect(Page.SIZE);
        for (int i = 0; i < newCount; i++) {
            long high = unpackedIds[2 * i];
            long low = unpackedIds[2 * i + 1];
            if (!store.contains(high, low) || !pages.read(high, low, page, 0)) {
                unpackedIds[2 * missed] = high;
                unpackedIds[2 * missed + 1] = low;
                unpacked.put(missed++ * Page.SIZE, unpacked, i * Page.SIZE, Page.SIZE);
            }
        }
        if (missed > 0) {
            frames.add(new UnpackedFrame(null, 0, missed));
        }
    }

    private void checkPlace(int block, long page) throws CodecException {
        var layout = memory.table().layout();
        if (block >= layout.size() || page < 0 || page >= layout.get(block).pages()) {
            throw new CodecException("a record for page " + page + " of RAM block " + block + ", which there is not");
        }
    }

    private void readPage(long high, long low, ByteBuffer to, int position) throws CodecException {
        if (!recent.read(high, low, to, position) && !pages.read(high, low, to, position)) {
            throw new CodecException("page " + new PageId(high, low) + " is not held here or is damaged");
        }
    }

    private void finish(byte[] promised) throws CodecException {
        if (out.hasRemaining()) {
            throw new CodecException(
                    "a batch for " + out.limit() + " stream bytes whose script makes " + out.position());
        }
        if (!Arrays.equals(digest.end(), promised)) {
            throw new CodecException("a batch whose content is not what its digest promises");
        }
    }

    private void count(Tier tier) {
        tiers[tier.ordinal()]++;
    }

    @Override
    public void close() {
        packer.close();
        unpacker.close();
        zstd.close();
        pages.close();
    }
}
