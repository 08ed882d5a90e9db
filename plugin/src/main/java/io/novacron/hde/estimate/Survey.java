package io.novacron.hde.estimate;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.codec.PageSample;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.page.PageId;
import io.novacron.hde.seed.GuestException;
import io.novacron.hde.seed.GuestPages;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * What a guest's pages are to a peer that holds certain baselines.
 *
 * @param zero that hold nothing, those that were never touched included
 * @param kept that are as in the first baseline
 * @param known that are elsewhere in the baselines, or come a second time
 * @param packed that are none of these
 * @param sample of those
 * @param pageSeconds that it took to read a page and to hash it
 * @param least the least hashes of pages that hold something, halved, as unsigned numbers, in ascending order: two VMs
 *     whose least hashes are the same to a part hold the same pages to about that part
 */
public record Survey(
        double zero,
        double kept,
        double known,
        double packed,
        PageSample sample,
        double pageSeconds,
        List<Long> least) {
    /** Pages that are hashed: a gibibyte takes about a second. */
    private static final long MOST_PAGES = 1 << 18;

    /** Pages that are packed to see what becomes of them. */
    private static final int MOST_SAMPLED = 2048;

    /** Like the encoder, which looks for no more pages of baselines. */
    private static final int MOST_KNOWN = 1 << 20;

    private static final int MOST_LEAST = 512;

    /** Pages that hold something. */
    public double filled() {
        return kept + known + packed;
    }

    /**
     * Surveys a guest.
     *
     * @param agreed the baselines, best first; the first has the guest's blocks as its layout
     * @param random for the choice of the sample
     * @throws GuestException when its memory cannot be looked at any more
     */
    public static Survey of(GuestPages guest, TouchedPages touched, List<MemoryTable> agreed, Random random)
            throws GuestException {
        return new Surveyor(guest, touched, agreed, random).survey();
    }

    private static final class Surveyor {
        private final GuestPages guest;
        private final TouchedPages touched;
        private final TouchedPages looked;
        private final List<MemoryTable> agreed;
        private final Random random;
        private final PageSet known = new PageSet();
        private final PageHasher hasher = new PageHasher();
        private final ByteBuffer window = ByteBuffer.allocateDirect(TouchedPages.MOST_IN_PIECE * Page.SIZE);
        private int[] packedBlocks = new int[1024];
        private long[] packedPages = new long[1024];
        private int packedCount;
        private final TreeSet<Long> least = new TreeSet<>(Long::compareUnsigned);
        private long zeroCount;
        private long keptCount;
        private long knownCount;

        Surveyor(GuestPages guest, TouchedPages touched, List<MemoryTable> agreed, Random random) {
            this.guest = guest;
            this.touched = touched;
            this.looked = touched.some(MOST_PAGES);
            this.agreed = agreed;
            this.random = random;
        }

        Survey survey() throws GuestException {
            for (MemoryTable table : agreed) {
                table.forEachPresent((block, page, high, low) -> {
                    known.add(high, low);
                    return known.size() < MOST_KNOWN;
                });
            }
            long began = System.nanoTime();
            for (int piece = 0; piece < looked.pieces(); piece++) {
                int pages = looked.length(piece);
                guest.read(looked.block(piece), looked.first(piece) * Page.SIZE, pages * Page.SIZE, window.clear());
                for (int page = 0; page < pages; page++) {
                    hasher.hash(window, page * Page.SIZE);
                    look(looked.block(piece), looked.first(piece) + page);
                }
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            double scale = looked.count() == 0 ? 1 : (double) touched.count() / looked.count();
            long never = touched.guestPages() - touched.count();
            return new Survey(
                    never + zeroCount * scale,
                    keptCount * scale,
                    knownCount * scale,
                    packedCount * scale,
                    sample(Math.round(packedCount * scale)),
                    seconds / Math.max(1, looked.count()),
                    List.copyOf(least));
        }

        private void look(int block, long page) {
            if (hasher.high() == PageId.ZERO_PAGE.high() && hasher.low() == PageId.ZERO_PAGE.low()) {
                zeroCount++;
                return;
            }
            noteLeast(hasher.high());
            if (!agreed.isEmpty()
                    && agreed.get(0).high(block, page) == hasher.high()
                    && agreed.get(0).low(block, page) == hasher.low()) {
                keptCount++;
            } else if (!known.add(hasher.high(), hasher.low())) {
                knownCount++;
            } else {
                if (packedCount == packedBlocks.length) {
                    packedBlocks = Arrays.copyOf(packedBlocks, 2 * packedCount);
                    packedPages = Arrays.copyOf(packedPages, 2 * packedCount);
                }
                packedBlocks[packedCount] = block;
                packedPages[packedCount++] = page;
            }
        }

        private void noteLeast(long hash) {
            if (least.size() < MOST_LEAST) {
                least.add(hash);
            } else if (Long.compareUnsigned(hash, least.last()) < 0 && least.add(hash)) {
                least.pollLast();
            }
        }

        /** Runs of those that follow each other in the stream, because they are packed together. */
        private PageSample sample(long of) throws GuestException {
            double part = packedCount == 0 ? 0 : Math.min(1, (double) MOST_SAMPLED / packedCount);
            long[] places = PageSample.places(packedCount, part, random);
            PageSample sample = new PageSample(of, places.length);
            for (long place : places) {
                int at = (int) place;
                guest.read(packedBlocks[at], packedPages[at] * Page.SIZE, Page.SIZE, window.clear());
                sample.add(packedBlocks[at], packedPages[at], window, 0);
            }
            return sample;
        }
    }

    /**
     * A set of pages, by 32 bits of their hashes, with up to 16 bytes for each. Of a million pages, a few hundred are taken
     * for others by chance; that changes no estimate.
     */
    private static final class PageSet {
        private int[] slots = new int[1 << 12];
        private int size;

        int size() {
            return size;
        }

        /** Whether it was not there. Pages that are not known, or hold nothing, never are. */
        boolean add(long high, long low) {
            if ((high == 0 && low == 0) || high == PageId.ZERO_PAGE.high()) {
                return false;
            }
            if (2 * size >= slots.length) {
                grow();
            }
            return put((int) high);
        }

        private boolean put(int hash) {
            int value = hash == 0 ? 1 : hash;
            int mask = slots.length - 1;
            int slot = value & mask;
            while (slots[slot] != 0) {
                if (slots[slot] == value) {
                    return false;
                }
                slot = (slot + 1) & mask;
            }
            slots[slot] = value;
            size++;
            return true;
        }

        private void grow() {
            int[] old = slots;
            slots = new int[2 * old.length];
            size = 0;
            for (int value : old) {
                if (value != 0) {
                    put(value);
                }
            }
        }
    }
}
