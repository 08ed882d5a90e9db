package io.novacron.hde.codec;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A piece of the stream on its way through the source agent: the bytes as QEMU wrote them, what was decided about its
 * pages, and then the batch made of it. It keeps the bytes until the batch is acknowledged, because they may be asked
 * for again. Owned by one thread at a time: encoder, packer, sender.
 */
public final class Segment {
    /** The most stream bytes in a segment. */
    public static final int CAPACITY = 512 << 10;

    /** The most page records that fit: the shortest has 8 bytes beside the page. */
    static final int MAX_PAGES = CAPACITY / (8 + Page.SIZE);

    /** The most pages in a frame, and the most bases in a segment: the encoder ends it before there are more. */
    static final int MAX_FRAME_PAGES = 64;

    final ByteBuffer raw = ByteBuffer.allocateDirect(CAPACITY);
    final ByteBuffer view = raw.duplicate();
    final long[] pageIds = new long[2 * MAX_PAGES];
    final int[] newPages = new int[MAX_PAGES];
    final int[] newPositions = new int[MAX_PAGES];
    final int[] deltaPages = new int[MAX_FRAME_PAGES];
    final int[] deltaPositions = new int[MAX_FRAME_PAGES];
    final long[] deltaBaseIds = new long[2 * MAX_FRAME_PAGES];
    final int[] similarPages = new int[MAX_FRAME_PAGES];
    final int[] similarPositions = new int[MAX_FRAME_PAGES];
    final long[] similarBaseNumbers = new long[MAX_FRAME_PAGES];
    final int[] tiers = new int[Tier.values().length];
    // those of DELTA pages from the front, one for each; those of SIMILAR pages, each once, from the back
    private ByteBuffer bases;
    int pageCount;
    int newCount;
    int deltaCount;
    int deltaDepth;
    int similarCount;
    int similarBaseCount;
    int length;
    byte[] script = new byte[0];
    MemoryTable table;
    ByteBuffer body;
    List<Frame> frames = List.of();

    void clear() {
        raw.clear();
        view.clear();
        pageCount = 0;
        newCount = 0;
        deltaCount = 0;
        deltaDepth = 0;
        similarCount = 0;
        similarBaseCount = 0;
        length = 0;
        script = new byte[0];
        table = null;
        body = null;
        frames = List.of();
        java.util.Arrays.fill(tiers, 0);
    }

    /** Room for {@link #MAX_FRAME_PAGES} bases. */
    ByteBuffer bases() {
        if (bases == null) {
            bases = ByteBuffer.allocateDirect(MAX_FRAME_PAGES * Page.SIZE);
        }
        return bases;
    }

    /** Where among the bases the one for the next DELTA page goes. */
    int nextDeltaBase() {
        return deltaCount * Page.SIZE;
    }

    /** Where the next base of SIMILAR pages goes: before those that there are. */
    int nextSimilarBase() {
        return (MAX_FRAME_PAGES - 1 - similarBaseCount) * Page.SIZE;
    }

    /** Where the bases of the SIMILAR pages begin: the one that was mentioned first lies last. */
    int similarBases() {
        return (MAX_FRAME_PAGES - similarBaseCount) * Page.SIZE;
    }

    /** Stream bytes it stands for. */
    public int length() {
        return length;
    }

    /** The batch made of it, as the wire protocol lays it out; after packing. */
    public ByteBuffer body() {
        return body.duplicate();
    }

    /** The frames in that batch, to be kept in the page store; after packing. */
    public List<Frame> frames() {
        return frames;
    }

    /** What the destination's memory is once this segment has been written to it. */
    public MemoryTable table() {
        return table;
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
