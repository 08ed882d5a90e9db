package io.novacron.hde.library;

import io.novacron.hde.delta.DeltaAlgorithms;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which delta algorithms to try. With {@code auto} it is one by size at first: XOR below 10 KiB, rsync up to 1 MiB,
 * bsdiff above, zstd where this release has not that one. Once all of them have been tried on some data of a size, it is
 * the one whose deltas were smallest of late. Any thread.
 */
final class DeltaRule {
    /** One delta in this many, of those of a size, is made by all algorithms. */
    static final int TRIAL_INTERVAL = 16;

    /** Share of a new trial in the running figure. */
    private static final double WEIGHT = 0.3;

    private static final int MEDIUM = 10 * 1024;
    private static final int LARGE = 1 << 20;

    private final Optional<DeltaAlgorithms> forced;
    private final List<Size> sizes = List.of(new Size("xor"), new Size("rsync"), new Size("bsdiff"));

    DeltaRule(EncoderOptions options) {
        forced = options.deltaAlgorithm().equals(EncoderOptions.AUTO)
                ? Optional.empty()
                : DeltaAlgorithms.byWord(options.deltaAlgorithm());
    }

    boolean isAuto() {
        return forced.isEmpty();
    }

    /** Whether the difference to the baseline, packed like data, is tried too. */
    boolean triesDifference() {
        return forced.isEmpty() || forced.get() == DeltaAlgorithms.XOR;
    }

    /** What to try for data of a length: one algorithm, or now and then all. */
    synchronized List<DeltaAlgorithms> candidates(int length) {
        return forced.map(List::of).orElseGet(() -> size(length).candidates());
    }

    /** What all algorithms made of the same data, from a trial; in bytes. */
    synchronized void learn(int length, Map<DeltaAlgorithms, Integer> made) {
        Map<DeltaAlgorithms, Double> ratios = size(length).ratios;
        made.forEach((algorithm, bytes) ->
                ratios.merge(algorithm, bytes / (double) length, (old, ratio) -> old + WEIGHT * (ratio - old)));
    }

    private Size size(int length) {
        if (length < MEDIUM) {
            return sizes.get(0);
        }
        return sizes.get(length <= LARGE ? 1 : 2);
    }

    private static final class Size {
        private final String firstGuess;
        private final Map<DeltaAlgorithms, Double> ratios = new EnumMap<>(DeltaAlgorithms.class);
        private int deltas;

        Size(String firstGuess) {
            this.firstGuess = firstGuess;
        }

        List<DeltaAlgorithms> candidates() {
            deltas = (deltas + 1) % TRIAL_INTERVAL;
            if (deltas == 0) {
                return List.of(DeltaAlgorithms.values());
            }
            return List.of(ratios.entrySet().stream()
                    .min(Map.Entry.comparingByValue())
                    .map(Map.Entry::getKey)
                    .orElseGet(() -> DeltaAlgorithms.byWord(firstGuess).orElse(DeltaAlgorithms.ZSTD)));
        }
    }
}
