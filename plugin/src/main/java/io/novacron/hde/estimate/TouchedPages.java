package io.novacron.hde.estimate;

import io.novacron.hde.page.Page;
import io.novacron.hde.seed.GuestException;
import io.novacron.hde.seed.GuestPages;
import java.util.Arrays;
import java.util.BitSet;

/** The pages of a guest that may hold something, in pieces of pages that follow each other and can be read at once. */
public final class TouchedPages {
    /** The most pages of a piece. */
    public static final int MOST_IN_PIECE = 256;

    /** Pages that are asked about together. */
    private static final int WINDOW = 8192;

    private final long guestPages;
    private int[] blocks = new int[64];
    private long[] firsts = new long[64];
    private int[] lengths = new int[64];
    private int pieces;
    private long count;

    private TouchedPages(long guestPages) {
        this.guestPages = guestPages;
    }

    /**
     * All of a guest.
     *
     * @throws GuestException when its memory cannot be looked at any more
     */
    public static TouchedPages of(GuestPages guest) throws GuestException {
        TouchedPages touched = new TouchedPages(guest.pages());
        BitSet bits = new BitSet(WINDOW);
        for (int block = 0; block < guest.blocks().size(); block++) {
            long pages = guest.blocks().get(block).length() / Page.SIZE;
            for (long first = 0; first < pages; first += WINDOW) {
                int window = (int) Math.min(WINDOW, pages - first);
                bits.clear();
                guest.touched(block, first, window, bits);
                for (int begin = bits.nextSetBit(0); begin >= 0 && begin < window; ) {
                    int end = Math.min(bits.nextClearBit(begin), window);
                    touched.add(block, first + begin, end - begin);
                    begin = bits.nextSetBit(end);
                }
            }
        }
        return touched;
    }

    private void add(int block, long first, int pages) {
        for (int at = 0; at < pages; at += MOST_IN_PIECE) {
            addPiece(block, first + at, Math.min(MOST_IN_PIECE, pages - at));
        }
    }

    private void addPiece(int block, long first, int length) {
        if (pieces == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * pieces);
            firsts = Arrays.copyOf(firsts, 2 * pieces);
            lengths = Arrays.copyOf(lengths, 2 * pieces);
        }
        blocks[pieces] = block;
        firsts[pieces] = first;
        lengths[pieces++] = length;
        count += length;
    }

    /** Pieces that are evenly spread and have about so many pages; all of them if there are no more. */
    public TouchedPages some(long pages) {
        if (count <= pages) {
            return this;
        }
        TouchedPages some = new TouchedPages(guestPages);
        long passed = 0;
        for (int piece = 0; piece < pieces; piece++) {
            // one that ends where the next share of the pages is due
            long due = (passed + lengths[piece]) * pages / count;
            if (some.count < due) {
                some.addPiece(blocks[piece], firsts[piece], lengths[piece]);
            }
            passed += lengths[piece];
        }
        return some;
    }

    /** How many pages there are. */
    public long count() {
        return count;
    }

    /** How many pages the guest has, with those that were never touched. */
    public long guestPages() {
        return guestPages;
    }

    int pieces() {
        return pieces;
    }

    int block(int piece) {
        return blocks[piece];
    }

    long first(int piece) {
        return firsts[piece];
    }

    int length(int piece) {
        return lengths[piece];
    }
}
