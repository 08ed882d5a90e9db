package io.novacron.hde.metrics;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.PackCounts;
import io.novacron.hde.codec.Tier;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What channels have done, added up.
 *
 * @param original bytes of their streams
 * @param compressed bytes that crossed for them
 * @param saved bytes that did not have to cross
 * @param levels changes of the compression level
 * @param baselines that came of them
 * @param passedThrough channels whose stream, or the rest of it, was not understood
 */
record ChannelSum(
        long original,
        long compressed,
        long saved,
        Map<Tier, Long> pages,
        long naks,
        long resumes,
        long levels,
        long baselines,
        long passedThrough,
        PackCounts.Snapshot packed) {
    static final ChannelSum NONE =
            new ChannelSum(0, 0, 0, Map.of(), 0, 0, 0, 0, 0, new PackCounts.Snapshot(Map.of(), List.of(), 0));

    /** @param savedBefore what was saved when it was last looked at: a counter does not fall */
    static ChannelSum of(ChannelProgress progress, long savedBefore) {
        long original = progress.streamBytes();
        long compressed = progress.wireBytes();
        return new ChannelSum(
                original,
                compressed,
                Math.max(savedBefore, original - compressed),
                progress.pagesByTier(),
                progress.naks(),
                progress.resumptions(),
                progress.levelChanges(),
                progress.baselineCommitted() == null ? 0 : 1,
                progress.passThroughReason() == null ? 0 : 1,
                progress.packed().snapshot());
    }

    ChannelSum plus(ChannelSum other) {
        Map<Tier, Long> allPages = new EnumMap<>(Tier.class);
        allPages.putAll(pages);
        other.pages.forEach((tier, count) -> allPages.merge(tier, count, Long::sum));
        return new ChannelSum(
                original + other.original,
                compressed + other.compressed,
                saved + other.saved,
                allPages,
                naks + other.naks,
                resumes + other.resumes,
                levels + other.levels,
                baselines + other.baselines,
                passedThrough + other.passedThrough,
                plus(packed, other.packed));
    }

    private static PackCounts.Snapshot plus(PackCounts.Snapshot one, PackCounts.Snapshot other) {
        Map<PackCounts.Form, PackCounts.Sum> forms = new HashMap<>(one.forms());
        other.forms().forEach((form, sum) -> forms.merge(form, sum, PackCounts.Sum::plus));
        List<Long> longer = one.batchesByTime().isEmpty() ? other.batchesByTime() : one.batchesByTime();
        List<Long> batches = new ArrayList<>(longer);
        for (int i = 0;
                i < batches.size()
                        && !one.batchesByTime().isEmpty()
                        && !other.batchesByTime().isEmpty();
                i++) {
            batches.set(i, one.batchesByTime().get(i) + other.batchesByTime().get(i));
        }
        return new PackCounts.Snapshot(forms, batches, one.seconds() + other.seconds());
    }

    /** Pages, those that are zero aside, that the peer could make of what it had. */
    long hits() {
        return count(Tier.KEPT) + count(Tier.KNOWN) + count(Tier.DELTA);
    }

    /** Pages that are not zero. */
    long notZero() {
        return hits() + count(Tier.NEW) + count(Tier.RAW);
    }

    private long count(Tier tier) {
        return pages.getOrDefault(tier, 0L);
    }
}
