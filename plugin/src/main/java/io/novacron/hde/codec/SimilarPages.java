package io.novacron.hde.codec;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Finds, among the known pages, those that resemble a new page. A table of features of bounded size, in which a later
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
    private int found;

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

    /**
     * Looks for the known pages that have features in common with the sketched one.
     *
     * @return how many were found: {@link #candidate} tells them, those with the most in common first
     */
    int find(PageSketch sketch) {
        found = 0;
        for (int i = 0; i < sketch.count(); i++) {
            long feature = sketch.feature(i);
            long entry = slots.getOpaque(slot(feature));
            if (entry != 0 && (entry & TAG_MASK) == (feature << Integer.SIZE & TAG_MASK)) {
                vote((entry & ~TAG_MASK) - 1);
            }
        }
        return found;
    }

    private void vote(long number) {
        int at = 0;
        while (at < found && candidates[at] != number) {
            at++;
        }
        if (at == found) {
            candidates[found] = number;
            votes[found++] = 0;
        }
        int count = ++votes[at];
        for (; at > 0 && votes[at - 1] < count; at--) {
            candidates[at] = candidates[at - 1];
            votes[at] = votes[at - 1];
            candidates[at - 1] = number;
            votes[at - 1] = count;
        }
    }

    /** The number of a known page that was found. */
    long candidate(int index) {
        return candidates[index];
    }

    /** How many features it has in common with the page that was looked for. */
    int inCommon(int index) {
        return votes[index];
    }

    private static int slot(long feature) {
        return (int) (feature >>> SLOT_SHIFT) & (SLOTS - 1);
    }
}
