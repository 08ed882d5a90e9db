package io.novacron.hde.codec;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageId;
import io.novacron.hde.qemu.nbd.NbdClientReader;
import io.novacron.hde.qemu.nbd.NbdServerReader;
import io.novacron.hde.qemu.stream.MigrationStreamReader;
import io.novacron.hde.qemu.stream.MigrationStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.qemu.stream.StreamHandler;
import io.novacron.hde.qemu.stream.StreamReader;
import io.novacron.hde.store.PageReader;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.wire.ChannelType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides, page by page, how the stream of one channel of memory or of a disk travels. Stream bytes are read into a
 * segment, parsed where they lie, and the decisions are written down as the batch's script; a record that is not complete
 * when a segment ends is carried over to the next. One thread.
 */
public final class SourceEncoder implements StreamHandler, AutoCloseable {
    /** Bases of deltas are read in about the order in which they were stored; most are recent pages and not read. */
    private static final int READER_BYTES = 2 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(SourceEncoder.class);

    /** How many stream bytes are read at most before they are parsed. */
    public static final int READ_BYTES = 64 << 10;

    /** A frame of this many pages is worth closing; with those that one more read can bring it has 64 at the most. */
    private static final int FRAME_PAGES = Segment.MAX_DELTA_PAGES - READ_BYTES / Page.SIZE;

    /** Pages packed against references do better together, and are stored in other frames. */
    private static final int REFERENCED_FRAME_PAGES = 96;

    /** Records that {@link #READ_BYTES} can have at the most: the numbers of zero pages in a multifd packet. */
    private static final int MOST_RECORDS_READ = READ_BYTES / 8;

    /** What parsing {@link #READ_BYTES} can add to a script at the most: zero records, each an operation. */
    private static final int MAX_SCRIPT_GROWTH = MOST_RECORDS_READ * ScriptWriter.MAX_OPERATION_BYTES;

    /** A page of which more than this share of its words differs from the base is no delta. */
    private static final int MAX_DIFFERENT_WORDS = Page.SIZE / Long.BYTES / 2;

    /**
     * A page that has to be read from the store costs as much time as a kilobyte on a link of 100 Mbit/s. With one feature
     * in common it is worth that only on a slower one: half of the time for 2 % more bytes.
     */
    private static final int IN_COMMON_TO_READ = 3;

    /** After so many segments what the table has become may leave the heap: a megabyte, where pages come in order. */
    private static final int OFFER_INTERVAL = 64;

    /** Pages of baselines that are read: with a feature in each sixteenth, those before have been forgotten by then. */
    private static final int MOST_LEARNED_PAGES = 1 << 18;

    private static final int LEAST_NEW_PAGES = 512;
    private static final int MOST_KNOWN_FOR_NEW = 4;

    private static final long NOWHERE = -1;

    private final ChannelMemory memory;
    private final SharedBlocks sharedBlocks;
    private final PageStore store;
    private final PageReader pages;
    private final DeltaBases deltaBases;
    private final PageSketch sketch = new PageSketch();
    private final SimilarPages similarPages = new SimilarPages();
    private final MigrationStreamReader reader = new MigrationStreamReader();
    // Of a channel that carries a disk: what the server says, and what reads the client's half instead of the reader.
    private final NbdServerReader nbdServer = new NbdServerReader();
    private final StreamReader stream;
    private final CrossingMap crossings = new CrossingMap();
    private final PendingRecords pending = new PendingRecords();
    private final PageHashes hashes;
    private final RecentPages recent;
    private final ScriptWriter script = new ScriptWriter(Segment.CAPACITY + 2 * MAX_SCRIPT_GROWTH);
    private final ByteBuffer carry = ByteBuffer.allocateDirect(StreamReader.MAX_PENDING);
    private final String name;
    // Places touched by data pages of this segment; those of zero pages need no list: a zero page is never a base.
    private final long[] touchedPlaces = new long[Segment.MAX_PAGES];
    // the number of the segment's first new page
    private long firstNumber;
    private Segment segment;
    private boolean tableless = true;
    // whether these are a multifd channel's packets, whose pages have no records around them
    private boolean bare;
    private boolean settled;
    // whether vCPUs wait for single pages: none may wait behind a large segment
    private boolean urgent;
    private long lastPage;
    private int rounds;
    private long knownPages;
    private long newPages;
    private GuestOutline guest;
    private long segmentsEnded;
    // pages in the segments that have ended
    private long pagesEnded;
    private long keptEnded;
    // how many pages came before this round, and how many the round before had
    private long pagesBeforeRound;
    private long lastRoundPages;
    private boolean guestStopped;
    private boolean memoryComplete;
    private volatile References references = References.ALL;
    private volatile int mostReferences;
    private volatile String passThroughReason;

    /**
     * An encoder of a channel that is alone.
     *
     * @param name of the channel, for the log
     * @param store where the bases of deltas are read from
     * @param deltaBases which pages may be the bases of deltas
     * @param help for hashing
     */
    public SourceEncoder(String name, ChannelMemory memory, PageStore store, DeltaBases deltaBases, HashingHelp help) {
        this(name, memory, store, deltaBases, help, SharedBlocks.none());
    }

    /**
     * The same for one channel of several.
     *
     * @param sharedBlocks for what the migration's main channel says of the RAM blocks
     */
    public SourceEncoder(
            String name,
            ChannelMemory memory,
            PageStore store,
            DeltaBases deltaBases,
            HashingHelp help,
            SharedBlocks sharedBlocks) {
        this.name = name;
        this.sharedBlocks = sharedBlocks;
        this.memory = memory;
        this.stream = memory.type() == ChannelType.DISK ? new NbdClientReader(nbdServer::exportBytes) : reader;
        this.store = store;
        this.pages = store.newReader(Math.min(memory.room().readerBytes(), READER_BYTES));
        this.recent = new RecentPages(memory.room().recentPages());
        this.deltaBases = deltaBases;
        this.hashes = new PageHashes(help);
    }

    /** From now on only these references. Any thread. */
    public void references(References allowed) {
        references = allowed;
    }

    /**
     * Whether {@link #learnBaselines} would pay: there are many new pages among those that are not zero. Where most are
     * where they were, as in a VM's own baseline, what has changed is a delta to what was there.
     */
    public boolean wantsBaselines() {
        return newPages > LEAST_NEW_PAGES && newPages > knownPages / MOST_KNOWN_FOR_NEW;
    }

    /**
     * Reads the agreed baselines, so that pages which resemble one of theirs can be found. It may run beside everything
     * else, in one other thread: what it has not come to yet is only not found.
     *
     * @param stopped asked between two pages
     */
    public void learnBaselines(BooleanSupplier stopped) {
        if (deltaBases != DeltaBases.ANY) {
            return;
        }
        PageSketch baselineSketch = new PageSketch();
        ByteBuffer page = ByteBuffer.allocateDirect(Page.SIZE);
        try (PageReader baselinePages = store.newReader()) {
            int[] read = {0};
            memory.known().forEachOfBaselines((number, high, low) -> {
                if (KnownPages.isContent(high, low)) {
                    read[0]++;
                    if (baselinePages.read(high, low, page, 0)) {
                        baselineSketch.compute(page, 0);
                        similarPages.add(baselineSketch, number);
                    }
                }
                return read[0] < MOST_LEARNED_PAGES && !stopped.getAsBoolean();
            });
        }
    }

    /** How many known pages that it resembles are looked for, from now on, for each new page; 0 for none. Any thread. */
    public void search(int most) {
        mostReferences = most;
    }

    /** Starts a segment with what the last one carried over. */
    public void begin(Segment next) {
        segment = next;
        segment.clear();
        script.begin();
        if (bare) {
            script.bare();
        }
        segment.raw.put(carry.flip());
        segment.view.limit(segment.raw.position());
        carry.clear();
        settled = false;
        firstNumber = memory.known().count();
    }

    /** Where to read the stream's next bytes into, at most {@link #READ_BYTES}: from its position to its limit. */
    public ByteBuffer space() {
        segment.raw.limit(Math.min(segment.raw.capacity(), segment.raw.position() + READ_BYTES));
        return segment.raw;
    }

    /** Parses what has been read into {@link #space()}. */
    public void parse() {
        segment.view.limit(segment.raw.position());
        stream.read(segment.view, this);
        if (hashes.hasHelp()) {
            hashes.askForHelp();
            // Others may go on hashing while more is read, as long as whatever these pages turn out to be fits.
            while (!pending.isEmpty() && full()) {
                decide();
            }
        }
    }

    /** Whether the segment has to be ended before more is read. */
    public boolean full() {
        return segment.raw.capacity() - segment.raw.position() < READ_BYTES
                || (urgent && segment.raw.position() >= READ_BYTES)
                || segment.newCount + hashes.count()
                        >= (segment.referenceCount == 0 ? FRAME_PAGES : REFERENCED_FRAME_PAGES)
                || segment.deltaCount + hashes.count() >= FRAME_PAGES
                || segment.changes.count() + pending.count() > TableChanges.CAPACITY - MOST_RECORDS_READ
                || script.remaining() - pending.count() * ScriptWriter.MAX_OPERATION_BYTES < MAX_SCRIPT_GROWTH;
    }

    /** Whether nothing has come into the segment that could be sent. */
    public boolean empty() {
        return segment.view.position() == 0 && pending.isEmpty();
    }

    /**
     * Whether the stream may rest here: all that was read is parsed and the last of it was no page. QEMU stops writing
     * at the end of a section; what came before must not wait for the next.
     */
    public boolean settled() {
        return settled && !segment.view.hasRemaining();
    }

    /** The stream has ended: what was incomplete goes as it is. Then {@link #end()}. */
    public void finish() {
        stream.finish(segment.view, this);
        decideAll();
    }

    /** Ends the segment. */
    public Segment end() {
        decideAll();
        Segment ended = segment;
        ended.length = ended.view.position();
        ended.script = script.finish();
        if (++segmentsEnded % OFFER_INTERVAL == 0) {
            memory.table().offer();
        }
        pagesEnded += ended.allPages();
        keptEnded += ended.pages(Tier.KEPT);
        ended.position = position();
        carry.put(ended.view);
        segment = null;
        return ended;
    }

    /**
     * The destination's memory before and after each of some segments: it may be any of these while it is not known how
     * much of them has arrived. Costs 4 KiB for each 256 pages of which one differs.
     *
     * @param last the segments that ended last, in their order
     * @return one table more than there are segments
     */
    public List<MemoryTable> tables(Collection<Segment> last) {
        MemoryTable table = memory.table().copy();
        if (segment != null) {
            table = segment.changes.undo(table);
        }
        List<MemoryTable> tables = new ArrayList<>();
        List<Segment> segments = List.copyOf(last);
        for (int i = segments.size() - 1; i >= 0; i--) {
            tables.add(table.copy());
            table = segments.get(i).changes.undo(table);
        }
        tables.add(table);
        Collections.reverse(tables);
        return tables;
    }

    private StreamPosition position() {
        if (guest == null) {
            return null;
        }
        long passed = rounds == 0 ? 0 : guest.before(block(lastPage), page(lastPage)) + 1;
        return new StreamPosition(
                guest,
                rounds,
                passed,
                pagesEnded,
                pagesEnded - pagesBeforeRound,
                lastRoundPages,
                keptEnded,
                memoryComplete);
    }

    /** How many times the stream has begun to go through the guest's memory. */
    public int rounds() {
        return rounds;
    }

    /** Why the stream is passed through, or null while it is not, or when only device state follows. Any thread. */
    public String passThroughReason() {
        return passThroughReason;
    }

    @Override
    public void verbatim(ByteBuffer bytes, int position, int length) {
        if (length > 0) {
            decideAll();
            script.verbatim(bytes, position, length);
            // behind a multifd packet's header come its pages
            settled = !bare || reader.passingThrough();
        }
    }

    @Override
    public void blocks(List<RamBlock> blocks) {
        if (ScriptWriter.blocksLength(blocks) > MAX_SCRIPT_GROWTH) {
            LOG.warn("{}: {} RAM blocks are too many to be encoded; the stream passes through", name, blocks.size());
            sharedBlocks.announce(List.of());
            return;
        }
        sharedBlocks.announce(blocks);
        begin(blocks);
        if (memory.type() == ChannelType.MEMORY) {
            guest = new GuestOutline(memory.table());
        }
    }

    private void begin(List<RamBlock> blocks) {
        decideAll();
        script.blocks(blocks);
        segment.changes.replace(memory.table());
        memory.begin(blocks);
        crossings.begin(blocks);
        tableless = false;
    }

    @Override
    public List<RamBlock> multifdBlocks() {
        List<RamBlock> blocks = sharedBlocks.await();
        if (!blocks.isEmpty()) {
            begin(blocks);
            script.bare();
            bare = true;
        }
        return blocks;
    }

    @Override
    public void barePage(int block, long offset, ByteBuffer bytes, int contentPosition) {
        page(block, offset, false, bytes, contentPosition);
    }

    @Override
    public void zeroPlace(int block, long offset) {
        add(block, offset / Page.SIZE, false, PendingRecords.ZERO);
    }

    @Override
    public void multifdSync() {
        settled = true;
    }

    @Override
    public void page(int block, long offset, boolean named, ByteBuffer bytes, int contentPosition) {
        settled = false;
        if (tableless) {
            ByteBuffer record = ByteBuffer.allocate(MigrationStreamWriter.MAX_PAGE_RECORD);
            int content = plainWriter().beginPage(record, block, offset, named);
            record.put(content, bytes, contentPosition, Page.SIZE);
            script.verbatim(record, 0, record.position());
            return;
        }
        hashes.add(segment.all, contentPosition);
        add(block, offset / Page.SIZE, named, contentPosition);
    }

    private void add(int block, long page, boolean named, int contentPosition) {
        if (pending.isFull()) {
            decide();
        }
        pending.add(block, page, named, contentPosition);
        if (!hashes.hasHelp()) {
            decideAll();
        }
    }

    private void decideAll() {
        while (!pending.isEmpty()) {
            decide();
        }
    }

    /** Decides how the first of the pending records travels. */
    private void decide() {
        int position = pending.position();
        countRound(pending.block(), pending.page());
        if (position == PendingRecords.ZERO) {
            script.record(ScriptFormat.ZERO, pending.block(), pending.page(), pending.named());
            set(pending.block(), pending.page(), PageId.ZERO_PAGE.high(), PageId.ZERO_PAGE.low());
            count(pending.block(), pending.page(), Tier.ZERO);
        } else {
            hashes.take();
            decide(pending.block(), pending.page(), pending.named(), position, hashes.high(), hashes.low());
        }
        pending.removeFirst();
    }

    private void decide(int block, long page, boolean named, int contentPosition, long high, long low) {
        ByteBuffer bytes = segment.all;
        int index = segment.pageCount++;
        segment.pageIds[2 * index] = high;
        segment.pageIds[2 * index + 1] = low;
        References allowed = references;

        long heldHigh = memory.table().high(block, page);
        long heldLow = memory.table().low(block, page);
        if (allowed == References.ALL && heldHigh == high && heldLow == low) {
            script.record(ScriptFormat.KEPT, block, page, named);
            touchedPlaces[index] = NOWHERE;
            knownPages++;
            count(block, page, Tier.KEPT);
            return;
        }
        long number = allowed == References.NONE ? -1 : memory.known().find(high, low);
        if (number >= 0
                && (allowed == References.ALL || number >= memory.known().sentStart())) {
            script.known(block, page, named, number);
            count(block, page, Tier.KNOWN);
            knownPages++;
        } else {
            if (allowed == References.ALL && isDelta(block, page, heldHigh, heldLow, bytes, contentPosition)) {
                script.record(ScriptFormat.DELTA, block, page, named);
                segment.deltaPages[segment.deltaCount] = index;
                segment.deltaPositions[segment.deltaCount++] = contentPosition;
                count(block, page, Tier.DELTA);
            } else {
                script.record(ScriptFormat.NEW, block, page, named);
                segment.newPages[segment.newCount] = index;
                segment.newPositions[segment.newCount++] = contentPosition;
                refer(allowed, bytes, contentPosition);
                count(block, page, Tier.NEW);
                newPages++;
            }
            memory.known().add(high, low);
            if (rounds > 1 || mostReferences > 0) {
                // A page that comes again in the first round is rare, and then it is read from the store.
                recent.add(high, low, bytes, contentPosition);
            }
        }
        touchedPlaces[index] = place(block, page);
        segment.changes.change(block, page, heldHigh, heldLow);
        memory.table().set(block, page, high, low);
    }

    private void set(int block, long page, long high, long low) {
        MemoryTable table = memory.table();
        long heldHigh = table.high(block, page);
        long heldLow = table.low(block, page);
        if (heldHigh != high || heldLow != low) {
            segment.changes.change(block, page, heldHigh, heldLow);
            table.set(block, page, high, low);
        }
    }

    @Override
    public void zeroPage(int block, long offset, boolean named) {
        settled = false;
        if (tableless) {
            ByteBuffer record = ByteBuffer.allocate(MigrationStreamWriter.MAX_PAGE_RECORD);
            plainWriter().zeroPage(record, block, offset, named);
            script.verbatim(record, 0, record.position());
            return;
        }
        add(block, offset / Page.SIZE, named, PendingRecords.ZERO);
    }

    @Override
    public void opaquePage(int block, long offset, ByteBuffer bytes, int position, int length) {
        settled = false;
        if (tableless) {
            script.verbatim(bytes, position, length);
            return;
        }
        decideAll();
        long page = offset / Page.SIZE;
        countRound(block, page);
        script.opaque(block, page, bytes, position, length);
        set(block, page, PageId.ABSENT.high(), PageId.ABSENT.low());
        count(block, page, Tier.RAW);
    }

    @Override
    public void lastRamSection() {
        guestStopped = true;
    }

    @Override
    public void ramSectionEnd(boolean last) {
        settled = true;
        memoryComplete |= last;
    }

    @Override
    public void passThrough(String reason, boolean expected) {
        if (expected) {
            return;
        }
        passThroughReason = reason;
        urgent = reason.startsWith(MigrationStreamReader.POSTCOPY);
        if (urgent) {
            LOG.info("{}: {}: from here on the stream passes through HDE unchanged", name, reason);
        } else {
            LOG.warn("{}: {}: from here on the stream passes through HDE unchanged, without savings", name, reason);
        }
    }

    /** What the disk's server answers the stream; any thread, always before QEMU gets it. */
    public void answered(ByteBuffer bytes) {
        nbdServer.read(bytes);
    }

    /** Whether the stream has come to what QEMU writes only when the guest stands still. */
    public boolean guestStopped() {
        return guestStopped;
    }

    /** Whether the stream has come to the end of the guest's memory, or of the copying of the disk. */
    public boolean memoryComplete() {
        return memoryComplete;
    }

    /**
     * Whether QEMU may close the channel here: the guest's memory is complete, or this is a multifd channel between two
     * packets, or one that passes through, of which nothing is known.
     */
    public boolean mayEnd() {
        return memoryComplete || passThroughReason != null || reader.betweenPackets();
    }

    /** Whether QEMU has asked for a return path: then it says itself whether the migration succeeded. */
    public boolean returnPathOpened() {
        return stream.returnPathOpened();
    }

    /** For records that stay as they are because the table of their blocks was too long. */
    private MigrationStreamWriter plainWriter() {
        MigrationStreamWriter writer = new MigrationStreamWriter();
        writer.blocks(reader.blocks());
        return writer;
    }

    /**
     * Takes the page as a delta if its place has a base of which it keeps at least half. The destination looks for the
     * base in its table as it was before this batch, so a place that this segment has touched has none.
     */
    private boolean isDelta(int block, long page, long baseHigh, long baseLow, ByteBuffer bytes, int position) {
        if (deltaBases == DeltaBases.NONE || !KnownPages.isContent(baseHigh, baseLow) || isTouched(block, page)) {
            return false;
        }
        ByteBuffer bases = segment.deltaBases();
        int slot = segment.deltaCount * Page.SIZE;
        if (!recent.read(baseHigh, baseLow, bases, slot) && !pages.read(baseHigh, baseLow, bases, slot)) {
            return false;
        }
        if (differentWords(bases, slot, bytes, position) > MAX_DIFFERENT_WORDS) {
            return false;
        }
        segment.deltaBaseIds[2 * segment.deltaCount] = baseHigh;
        segment.deltaBaseIds[2 * segment.deltaCount + 1] = baseLow;
        int depth = store.depth(baseHigh, baseLow);
        segment.deltaDepth = Math.max(segment.deltaDepth, depth < 0 ? Frame.MAX_DEPTH : depth + 1);
        return true;
    }

    /**
     * Notes the known pages that a new page resembles for the segment's frame. From now on what comes after the page can
     * be found to resemble it.
     */
    private void refer(References allowed, ByteBuffer bytes, int position) {
        int most = mostReferences;
        if (most == 0 || deltaBases != DeltaBases.ANY || allowed == References.NONE) {
            return;
        }
        KnownPages known = memory.known();
        sketch.compute(bytes, position);
        int candidates = similarPages.find(sketch);
        similarPages.add(sketch, known.count());
        long lowest = allowed == References.ALL ? 0 : known.sentStart();
        int worthReading = most == 1 ? IN_COMMON_TO_READ : 1;
        int referred = 0;
        for (int i = 0; i < candidates && referred < most; i++) {
            long number = similarPages.candidate(i);
            // A page of this segment will be in the same frame, where zstd finds it by itself.
            if (number >= lowest
                    && number < firstNumber
                    && segment.refer(
                            number,
                            known.high(number),
                            known.low(number),
                            recent,
                            similarPages.inCommon(i) >= worthReading)) {
                referred++;
            }
        }
    }

    private static int differentWords(ByteBuffer base, int basePosition, ByteBuffer bytes, int position) {
        int different = 0;
        for (int i = 0; i < Page.SIZE; i += Long.BYTES) {
            if (base.getLong(basePosition + i) != bytes.getLong(position + i)) {
                different++;
            }
        }
        return different;
    }

    private boolean isTouched(int block, long page) {
        long place = place(block, page);
        for (int i = 0; i < segment.pageCount - 1; i++) {
            if (touchedPlaces[i] == place) {
                return true;
            }
        }
        return false;
    }

    static long place(int block, long page) {
        return (long) block << 48 | page;
    }

    static int block(long place) {
        return (int) (place >>> 48);
    }

    static long page(long place) {
        return place & 0xffff_ffff_ffffL;
    }

    private void countRound(int block, long page) {
        if (guest == null) {
            // blocks of a disk come in any order
            return;
        }
        long place = place(block, page);
        if (place < lastPage || rounds == 0) {
            rounds++;
            long pages = pagesEnded + segment.allPages();
            lastRoundPages = pages - pagesBeforeRound;
            pagesBeforeRound = pages;
        }
        lastPage = place;
    }

    private void count(int block, long page, Tier tier) {
        segment.tiers[tier.ordinal()]++;
        crossings.count(block, page, tier);
    }

    /** How the memory has crossed so far, before packing; by the thread that encodes. */
    public CrossingMap.Snapshot crossings() {
        return crossings.snapshot();
    }

    @Override
    public void close() {
        pages.close();
    }
}
