package io.novacron.hde.frame;

import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageId;

/**
 * 1 to 256 pages compressed together, and what they are. Immutable: the arrays given to it and taken from it are not
 * copied, and nobody may change them while the frame is used. Those of a frame that {@link FramePacker} has made may be
 * used again later: see {@link FramePacker#arrays}.
 *
 * <p>A page of a frame is named by its slot, from 0. The payload is on the heap because both its ways lead there: the
 * store's values and the TLS engine's input are arrays.
 */
public final class Frame {
    /** Most pages in a frame. */
    public static final int MAX_PAGES = 256;

    /** Kind: the payload is the pages, end to end. */
    public static final byte PAGES = 1;

    /** Kind: the payload is a delta from as many bases as there are pages, end to end, to the pages. */
    public static final byte DELTA = 2;

    /** Algorithm of a PAGES frame: as they are. */
    public static final byte STORED = 1;

    /** Algorithm of a PAGES frame: one zstd frame. */
    public static final byte ZSTD = 2;

    /** Greatest depth: how many DELTA frames may have to be undone to have a page. */
    public static final int MAX_DEPTH = 255;

    private final byte kind;
    private final byte algorithm;
    private final int count;
    private final byte[] payload;
    private final int payloadLength;
    private final long[] ids;
    private final long[] baseIds;
    private final int depth;
    private final int dictionary;

    private Frame(
            byte kind,
            byte algorithm,
            int count,
            Payload payload,
            long[] ids,
            long[] baseIds,
            int depth,
            int dictionary) {
        if (count < 1 || count > MAX_PAGES) {
            throw new IllegalArgumentException("A frame has 1 to " + MAX_PAGES + " pages, not " + count);
        }
        if (payload.length() < 1 || payload.length() > count * Page.SIZE) {
            throw new IllegalArgumentException(
                    "A frame of " + count + " pages cannot have a payload of " + payload.length() + " bytes");
        }
        if (ids.length != 2 * count) {
            throw new IllegalArgumentException(
                    "A frame of " + count + " pages has " + 2 * count + " halves of PageIds, not " + ids.length);
        }
        this.kind = kind;
        this.algorithm = algorithm;
        this.count = count;
        this.payload = payload.bytes();
        this.payloadLength = payload.length();
        this.ids = ids;
        this.baseIds = baseIds;
        this.depth = depth;
        this.dictionary = dictionary;
    }

    /**
     * A PAGES frame.
     *
     * @param algorithm {@link #STORED} or {@link #ZSTD}
     * @param count pages, 1 to 256
     * @param payload 1 to {@code count * 4096} bytes
     * @param ids two halves, high then low, for each page
     * @throws IllegalArgumentException if they do not fit together
     */
    public static Frame pages(byte algorithm, int count, byte[] payload, long[] ids) {
        return pages(algorithm, count, new Payload(payload), ids);
    }

    /** The same of a payload that may not fill its array. */
    static Frame pages(byte algorithm, int count, Payload payload, long[] ids) {
        if (algorithm != STORED && algorithm != ZSTD) {
            throw new IllegalArgumentException("There is no PAGES algorithm " + algorithm);
        }
        return new Frame(PAGES, algorithm, count, payload, ids, new long[0], 0, 0);
    }

    /**
     * A PAGES frame, ZSTD, that needs a dictionary. The page store takes none.
     *
     * @param count pages, 1 to 256
     * @param payload 1 to {@code count * 4096} bytes
     * @param ids two halves, high then low, for each page
     * @param dictionary its version, not 0
     * @throws IllegalArgumentException if they do not fit together
     */
    public static Frame pages(int count, byte[] payload, long[] ids, int dictionary) {
        return pages(count, new Payload(payload), ids, dictionary);
    }

    /** The same of a payload that may not fill its array. */
    static Frame pages(int count, Payload payload, long[] ids, int dictionary) {
        if (dictionary == 0) {
            throw new IllegalArgumentException("There is no dictionary version 0");
        }
        return new Frame(PAGES, ZSTD, count, payload, ids, new long[0], 0, dictionary);
    }

    /**
     * A DELTA frame.
     *
     * @param algorithm the id of a {@link io.novacron.hde.delta.DeltaAlgorithm}
     * @param count pages, 1 to 256
     * @param payload 1 to {@code count * 4096} bytes
     * @param ids two halves, high then low, for each page
     * @param baseIds the same for the base of each page
     * @param depth 1 + the greatest depth of the bases
     * @throws IllegalArgumentException if they do not fit together
     */
    public static Frame delta(byte algorithm, int count, byte[] payload, long[] ids, long[] baseIds, int depth) {
        return delta(algorithm, count, new Payload(payload), ids, baseIds, depth);
    }

    /** The same of a payload that may not fill its array. */
    static Frame delta(byte algorithm, int count, Payload payload, long[] ids, long[] baseIds, int depth) {
        if (algorithm == 0) {
            throw new IllegalArgumentException("There is no delta algorithm 0");
        }
        if (baseIds.length != ids.length) {
            throw new IllegalArgumentException(
                    "A DELTA frame has as many bases as pages, not " + baseIds.length / 2 + " for " + ids.length / 2);
        }
        if (depth < 1 || depth > MAX_DEPTH) {
            throw new IllegalArgumentException("The depth of a DELTA frame is 1 to " + MAX_DEPTH + ", not " + depth);
        }
        return new Frame(DELTA, algorithm, count, payload, ids, baseIds, depth, 0);
    }

    /** {@link #PAGES} or {@link #DELTA}. */
    public byte kind() {
        return kind;
    }

    /** {@link #STORED} or {@link #ZSTD}; in a DELTA frame the id of a delta algorithm. */
    public byte algorithm() {
        return algorithm;
    }

    /** Pages in the frame. */
    public int count() {
        return count;
    }

    /** Begins with the compressed pages, {@link #payloadLength} bytes. Not a copy: not to be changed. */
    public byte[] payload() {
        return payload;
    }

    /** Bytes of the compressed pages. */
    public int payloadLength() {
        return payloadLength;
    }

    /** First half of a page's PageId. */
    public long idHigh(int slot) {
        return ids[2 * slot];
    }

    /** Second half of a page's PageId. */
    public long idLow(int slot) {
        return ids[2 * slot + 1];
    }

    /** First half of the PageId of a page's base; only in a DELTA frame. */
    public long baseHigh(int slot) {
        return baseIds[2 * slot];
    }

    /** Second half of the PageId of a page's base; only in a DELTA frame. */
    public long baseLow(int slot) {
        return baseIds[2 * slot + 1];
    }

    /** How many DELTA frames have to be undone to have these pages: 0 for PAGES. */
    public int depth() {
        return depth;
    }

    /** Version of the dictionary without which the payload cannot be unpacked; 0 for none. */
    public int dictionary() {
        return dictionary;
    }

    /** What it is, for logs; nothing of the content. */
    @Override
    public String toString() {
        return (kind == PAGES ? "PAGES" : "DELTA") + " frame, algorithm " + algorithm + ", " + count + " pages in "
                + payloadLength + " bytes, first page " + new PageId(ids[0], ids[1]) + ", depth " + depth;
    }
}
