package io.novacron.hde.codec;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.PageId;
import java.util.List;

/**
 * How long a guest's memory is and roughly where the agreed baseline has content in it, from at most {@link
 * #MOST_SAMPLED} of its places, one in each of as many equal parts. Pages are counted in the order in which a stream goes through them.
 * Immutable.
 */
public final class GuestOutline {
    static final int MOST_SAMPLED = 4096;

    private static final double GOLDEN_RATIO = 0.6180339887498949;

    private final long[] pagesBefore;
    private final long pages;
    // of the sampled places, how many before each have content, and are zero
    private final int[] contentBefore;
    private final int[] zeroBefore;

    /** @param start what the destination has at the beginning */
    public GuestOutline(MemoryTable start) {
        List<BlockLayout> layout = start.layout();
        pagesBefore = new long[layout.size()];
        long count = 0;
        for (int block = 0; block < pagesBefore.length; block++) {
            pagesBefore[block] = count;
            count += layout.get(block).pages();
        }
        pages = count;
        int sampled = (int) Math.min(MOST_SAMPLED, pages);
        contentBefore = new int[sampled + 1];
        zeroBefore = new int[sampled + 1];
        int block = 0;
        for (int i = 0; i < sampled; i++) {
            // not always in the same place of its part: what a guest does may be as regular
            double within = i * GOLDEN_RATIO % 1;
            long at = Math.min(pages - 1, (long) ((i + within) * pages / sampled));
            while (at >= pagesBefore[block] + layout.get(block).pages()) {
                block++;
            }
            long high = start.high(block, at - pagesBefore[block]);
            long low = start.low(block, at - pagesBefore[block]);
            boolean zero = high == PageId.ZERO_PAGE.high() && low == PageId.ZERO_PAGE.low();
            boolean content = !zero && (high | low) != 0;
            contentBefore[i + 1] = contentBefore[i] + (content ? 1 : 0);
            zeroBefore[i + 1] = zeroBefore[i] + (zero ? 1 : 0);
        }
    }

    /** Pages of the guest. */
    public long pages() {
        return pages;
    }

    /** About how many of the first pages have content in the baseline. */
    public double content(long first) {
        return count(contentBefore, first);
    }

    /** About how many of the first pages are zero in the baseline. */
    public double zero(long first) {
        return count(zeroBefore, first);
    }

    /** How many pages come before this one. */
    long before(int block, long page) {
        return pagesBefore[block] + page;
    }

    private double count(int[] before, long first) {
        int sampled = before.length - 1;
        double at = Math.max(0, Math.min((double) first * sampled / Math.max(1, pages), sampled));
        int whole = Math.min((int) at, Math.max(0, sampled - 1));
        double part = sampled == 0 ? 0 : (at - whole) * (before[whole + 1] - before[whole]);
        return sampled == 0 ? 0 : (before[whole] + part) * pages / sampled;
    }
}
