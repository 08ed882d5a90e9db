package io.novacron.hde.codec;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Finds, among the known pages, one that resembles a new page. A table of features of bounded size, in which a later
 * page takes the place of an earlier one: it is what comes next that resembles it. What it says is a guess: nothing
 * depends on it but how small a page becomes.
 *
 * <p>One thread asks and adds, another may add at the same time.
 */
final class SimilarPages {
    /** 4 MiB; with four times as many a guest of 1 GiB with a sibling's memory as base became 1 % smaller. */
    private static final int SLOTS = 1 << 19;

    private static final int SLOT_SHIFT = 20;
    private static final long TAG_MASK = 0xFFFF_FFFF_0000_0000L;

    // the upper half is a feature's tag, the lower half the page's number + 1
    private final AtomicLongArray slots = new AtomicLongArray(SLOTS);
    private final long[] candidates = new long[PageSketch.MAX_FEATURES];
    private final int[] votes = new int[PageSketch.MAX_FEATURES];

    /** Notes the features of a known page. Numbers beyond an int are not noted. */
    void add(PageSketch sketch, long number) {
        if (number >= Integer.MAX_VALUE) {
            return;
        }
        for (int i = 0; i < sketch.count(); i++) {
            long feature = sketch.feature(i);
            slots.setOpaque(slot(feature), (feature << Integer.SIZE & TAG_MASK) | (number + 1));
        }
    }

    /** The number of the known page with which the sketched one has most features in common, or -1. */
    long find(PageSketch sketch) {
        int found = 0;
        int best = -1;
        for (int i = 0; i < sketch.count(); i++) {
            long feature = sketch.feature(i);
            long entry = slots.getOpaque(slot(feature));
            if (entry == 0 || (entry & TAG_MASK) != (feature << Integer.SIZE & TAG_MASK)) {
                continue;
            }
            long number = (entry & ~TAG_MASK) - 1;
            int candidate = 0;
            while (candidate < found && candidates[candidate] != number) {
                candidate++;
            }
            if (candidate == found) {
                candidates[found] = number;
                votes[found++] = 0;
            }
            votes[candidate]++;
            if (best < 0 || votes[candidate] > votes[best]) {
                best = candidate;
            }
        }
        return best < 0 ? -1 : candidates[best];
    }

    private static int slot(long feature) {
        return (int) (feature >>> SLOT_SHIFT) & (SLOTS - 1);
    }
}
