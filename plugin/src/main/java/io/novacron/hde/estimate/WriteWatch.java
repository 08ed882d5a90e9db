package io.novacron.hde.estimate;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.seed.GuestException;
import io.novacron.hde.seed.GuestPages;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;

/**
 * Looks at some of a guest's pages several times. Which have changed is seen by their hashes; which were written, with
 * what they held before too, is asked of the kernel where it can tell. One thread.
 */
public final class WriteWatch {
    /** Pages that are looked at: 64 MiB take less than a tenth of a second each time. */
    private static final long MOST_PAGES = 16_384;

    /** When, in seconds. */
    private static final double[] LOOKS = {0.25, 0.5, 1, 2};

    /** Pages of which the content before and after is kept. */
    private static final int MOST_REWRITTEN = 512;

    private final GuestPages guest;
    private final TouchedPages all;
    private final TouchedPages watched;
    private final PageHasher hasher = new PageHasher();
    private final ByteBuffer window = ByteBuffer.allocateDirect(TouchedPages.MOST_IN_PIECE * Page.SIZE);
    private final long[] firstHashes;
    private final BitSet changed = new BitSet();

    private WriteWatch(GuestPages guest, TouchedPages all) {
        this.guest = guest;
        this.all = all;
        this.watched = all.some(MOST_PAGES);
        this.firstHashes = new long[2 * Math.toIntExact(watched.count())];
    }

    /**
     * What was seen.
     *
     * @param written how many pages the guest has written, as QEMU counts them
     * @param changed how many hold something else then
     * @param fromKernel whether the kernel has told what was written; if not it is taken for what has changed
     * @param keptLost pages that were as in the baseline and were not any more at the last look
     * @param seconds for how long it was looked
     * @param rewritten pages that were seen to change: how many, and their contents
     */
    public record Writes(
            WriteCurve written,
            WriteCurve changed,
            boolean fromKernel,
            double keptLost,
            double seconds,
            Rewritten rewritten) {}

    /** Pages that have changed: their contents one behind the other from 0 on. */
    public record Rewritten(int pages, ByteBuffer before, ByteBuffer after) {}

    /**
     * Watches a guest.
     *
     * @param base what the peer holds of it, with the guest's blocks as its layout
     * @throws GuestException when its memory cannot be looked at any more
     * @throws InterruptedException when this thread is interrupted
     */
    public static Writes watch(GuestPages guest, TouchedPages all, MemoryTable base)
            throws GuestException, InterruptedException {
        return new WriteWatch(guest, all).watch(base);
    }

    private Writes watch(MemoryTable base) throws GuestException, InterruptedException {
        boolean fromKernel = guest.followWrites();
        long began = System.nanoTime();
        look((index, high, low) -> {
            firstHashes[2 * index] = high;
            firstHashes[2 * index + 1] = low;
        });
        double[] seconds = new double[LOOKS.length];
        double[] changedPages = new double[LOOKS.length];
        double[] writtenPages = new double[LOOKS.length];
        Hot hot = new Hot();
        for (int i = 0; i < LOOKS.length; i++) {
            long due = began + (long) (LOOKS[i] * TimeUnit.SECONDS.toNanos(1));
            TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
            seconds[i] = (System.nanoTime() - began) / (double) TimeUnit.SECONDS.toNanos(1);
            long written = fromKernel ? written() : 0;
            look((index, high, low) -> {
                if (firstHashes[2 * index] != high || firstHashes[2 * index + 1] != low) {
                    changed.set(index);
                }
            });
            double scale = watched.count() == 0 ? 0 : (double) all.count() / watched.count();
            changedPages[i] = changed.cardinality() * scale;
            writtenPages[i] = Math.max(i == 0 ? 0 : writtenPages[i - 1], fromKernel ? written : changedPages[i]);
            if (i == 0 || (hot.pages == 0 && i < LOOKS.length - 1)) {
                hot.take();
            }
        }
        return new Writes(
                new WriteCurve(seconds, writtenPages, all.guestPages()),
                new WriteCurve(seconds, changedPages, all.guestPages()),
                fromKernel,
                keptLost(base),
                seconds[LOOKS.length - 1],
                hot.compare());
    }

    private interface Hashed {
        void page(int index, long high, long low);
    }

    private void look(Hashed to) throws GuestException {
        int index = 0;
        for (int piece = 0; piece < watched.pieces(); piece++) {
            int pages = watched.length(piece);
            guest.read(watched.block(piece), watched.first(piece) * Page.SIZE, pages * Page.SIZE, window.clear());
            for (int page = 0; page < pages; page++) {
                hasher.hash(window, page * Page.SIZE);
                to.page(index++, hasher.high(), hasher.low());
            }
        }
    }

    /** Of all pages. What the guest has not had before the kernel counts as written. */
    private long written() throws GuestException {
        long written = 0;
        BitSet bits = new BitSet(TouchedPages.MOST_IN_PIECE);
        for (int piece = 0; piece < all.pieces(); piece++) {
            bits.clear();
            guest.written(all.block(piece), all.first(piece), all.length(piece), bits);
            written += bits.cardinality();
        }
        return written;
    }

    private double keptLost(MemoryTable base) {
        long lost = 0;
        int index = 0;
        for (int piece = 0; piece < watched.pieces(); piece++) {
            for (int page = 0; page < watched.length(piece); page++, index++) {
                if (changed.get(index)
                        && base.high(watched.block(piece), watched.first(piece) + page) == firstHashes[2 * index]
                        && base.low(watched.block(piece), watched.first(piece) + page) == firstHashes[2 * index + 1]) {
                    lost++;
                }
            }
        }
        return watched.count() == 0 ? 0 : (double) lost * all.count() / watched.count();
    }

    /** Pages that have changed once, and may do so again while they are watched. */
    private final class Hot {
        private final int[] blocks = new int[MOST_REWRITTEN];
        private final long[] offsets = new long[MOST_REWRITTEN];
        private ByteBuffer before = ByteBuffer.allocateDirect(0);
        private int pages;

        /** Notes pages that have changed by now, evenly chosen, and what they hold. */
        void take() throws GuestException {
            int found = changed.cardinality();
            int most = Math.min(found, MOST_REWRITTEN);
            before = ByteBuffer.allocateDirect(most * Page.SIZE);
            int index = 0;
            int seen = 0;
            for (int piece = 0; piece < watched.pieces(); piece++) {
                for (int page = 0; page < watched.length(piece); page++, index++) {
                    if (changed.get(index) && (long) seen++ * most / found >= pages && pages < most) {
                        blocks[pages] = watched.block(piece);
                        offsets[pages] = (watched.first(piece) + page) * Page.SIZE;
                        guest.read(blocks[pages], offsets[pages], Page.SIZE, before);
                        pages++;
                    }
                }
            }
        }

        /** Those of them that hold something else by now. */
        Rewritten compare() throws GuestException {
            ByteBuffer first = ByteBuffer.allocateDirect(pages * Page.SIZE);
            ByteBuffer second = ByteBuffer.allocateDirect(pages * Page.SIZE);
            int rewritten = 0;
            for (int i = 0; i < pages; i++) {
                second.position(rewritten * Page.SIZE);
                guest.read(blocks[i], offsets[i], Page.SIZE, second);
                ByteBuffer now = second.slice(rewritten * Page.SIZE, Page.SIZE);
                ByteBuffer then = before.slice(i * Page.SIZE, Page.SIZE);
                if (now.mismatch(then) >= 0) {
                    first.put(rewritten * Page.SIZE, before, i * Page.SIZE, Page.SIZE);
                    rewritten++;
                }
            }
            return new Rewritten(rewritten, first, second);
        }
    }
}
