package io.novacron.hde.codec;

import io.novacron.hde.frame.Frame;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A piece of the stream on its way through the source agent: the bytes as QEMU wrote them, what was decided about its
 * pages, and then the batch made of it. It keeps the bytes until the batch is acknowledged, because they may be asked
 * for again. Owned by one thread at a time: encoder, packer, sender.
 */
public final class Segment {
    /** The most stream bytes in a segment. */
    public static final int CAPACITY = 1 << 20;

    /** The most pages that fit: those of a multifd channel or a disk have nothing around them. */
    static final int MAX_PAGES = CAPACITY / Page.SIZE;

    /** The most pages that may cross as deltas: the encoder ends a segment before there are more. */
    static final int MAX_DELTA_PAGES = 64;

    /** The most known pages that its new pages may be packed against. */
    static final int MAX_REFERENCES = 128;

    final ByteBuffer raw = ByteBuffer.allocateDirect(CAPACITY);
    final ByteBuffer view = raw.duplicate();
    // Never moved: other threads may read it.
    final ByteBuffer all = raw.duplicate();
    final long[] pageIds = new long[2 * MAX_PAGES];
    final int[] newPages = new int[MAX_PAGES];
    final int[] newPositions = new int[MAX_PAGES];
    final int[] deltaPages = new int[MAX_DELTA_PAGES];
    final int[] deltaPositions = new int[MAX_DELTA_PAGES];
    final long[] deltaBaseIds = new long[2 * MAX_DELTA_PAGES];
    final int[] tiers = new int[Tier.values().length];
    // known pages that new pages resemble, each once
    final long[] referenceNumbers = new long[MAX_REFERENCES];
    final long[] referenceIds = new long[2 * MAX_REFERENCES];
    // those whose content the encoder had at hand: at their places in the buffer
    final boolean[] referenceHeld = new boolean[MAX_REFERENCES];
    private final PackingBuffers buffers;
    // taken when first needed
    private ByteBuffer referencePages;
    private ByteBuffer deltaBases;
    int pageCount;
    int newCount;
    int deltaCount;
    int deltaDepth;
    int referenceCount;
    int length;
    byte[] script = new byte[0];
    final TableChanges changes = new TableChanges();
    // for the batch and its frames
    final ByteArrays arrays = new ByteArrays();
    StreamPosition position;
    ByteBuffer body;
    List<Frame> frames = List.of();
    List<FrameReport> reports = List.of();

    /** A segment that keeps all its buffers. */
    public Segment() {
        this(new PackingBuffers());
    }

    /** @param buffers from which it takes what it needs until it is packed */
    public Segment(PackingBuffers buffers) {
        this.buffers = buffers;
    }

    void clear() {
        raw.clear();
        view.clear();
        pageCount = 0;
        newCount = 0;
        deltaCount = 0;
        deltaDepth = 0;
        referenceCount = 0;
        length = 0;
        script = new byte[0];
        changes.clear();
        arrays.clear();
        position = null;
        body = null;
        frames = List.of();
        reports = List.of();
        java.util.Arrays.fill(tiers, 0);
    }

    /** The content of references. */
    ByteBuffer referencePages() {
        if (referencePages == null) {
            referencePages = buffers.takeReferencePages();
        }
        return referencePages;
    }

    /** The bases of its deltas, in the order of these. */
    ByteBuffer deltaBases() {
        if (deltaBases == null) {
            deltaBases = buffers.takeDeltaBases();
        }
        return deltaBases;
    }

    /** Gives back what only packing needs; called when it will not be packed again. */
    public void packed() {
        buffers.give(deltaBases, referencePages);
        deltaBases = null;
        referencePages = null;
    }

    /**
     * Notes a known page that a new page resembles; false if there are too many, or it is not worth it.
     *
     * @param recent where its content may be at hand
     * @param worthReading whether it is to be noted even if it has to be read from the store
     */
    boolean refer(long number, long high, long low, RecentPages recent, boolean worthReading) {
        for (int i = 0; i < referenceCount; i++) {
            if (referenceNumbers[i] == number) {
                return true;
            }
        }
        if (referenceCount == MAX_REFERENCES) {
            return false;
        }
        boolean held = recent.read(high, low, referencePages(), referenceCount * Page.SIZE);
        if (!held && !worthReading) {
            return false;
        }
        referenceNumbers[referenceCount] = number;
        referenceIds[2 * referenceCount] = high;
        referenceIds[2 * referenceCount + 1] = low;
        referenceHeld[referenceCount] = held;
        referenceCount++;
        return true;
    }

    /** The references, by the numbers of the pages: in this order pages that lie beside each other are read so. */
    int[] referencesByNumber() {
        return IntStream.range(0, referenceCount)
                .boxed()
                .sorted(Comparator.comparingLong(i -> referenceNumbers[i]))
                .mapToInt(i -> i)
                .toArray();
    }

    /** How many of its pages are packed: new ones and deltas. */
    public int packedPages() {
        return newCount + deltaCount;
    }

    /** Whether known pages were found that its new ones resemble. */
    public boolean hasReferences() {
        return referenceCount > 0;
    }

    /** How many of its pages are new. */
    public int newPages() {
        return newCount;
    }

    /** What was counted in one tier turned out to cross in another. */
    void moveTier(Tier from, Tier to, int pages) {
        tiers[from.ordinal()] -= pages;
        tiers[to.ordinal()] += pages;
    }

    /** Stream bytes it stands for. */
    public int length() {
        return length;
    }

    /** The batch made of it, as the wire protocol lays it out; after packing. */
    public ByteBuffer body() {
        return body.duplicate();
    }

    /** What became of the pages in that batch; after packing. */
    public List<FrameReport> reports() {
        return reports;
    }

    /** The pages in that batch, as frames to be kept in the page store; after packing. */
    public List<Frame> frames() {
        return frames;
    }

    /** How far the stream had come at its end; null while the guest's memory is not known. */
    public StreamPosition position() {
        return position;
    }

    /** All its pages. */
    int allPages() {
        int all = 0;
        for (int count : tiers) {
            all += count;
        }
        return all;
    }

    /** How many of its pages crossed in this tier; after packing. */
    public int pages(Tier tier) {
        return tiers[tier.ordinal()];
    }

    /** The stream's bytes, from 0 to {@link #length()}. */
    public ByteBuffer stream() {
        return raw.duplicate().position(0).limit(length);
    }
}
