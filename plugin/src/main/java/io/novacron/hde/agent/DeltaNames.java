package io.novacron.hde.agent;

import io.novacron.hde.codec.DeltaBases;
import io.novacron.hde.config.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import java.util.Arrays;
import java.util.List;

/** What the option {@code codec.delta-algorithm} means on the wire. */
final class DeltaNames {
    private DeltaNames() {}

    /** Which pages may be the bases of deltas that only these algorithms make. */
    static DeltaBases bases(List<String> agreed) {
        if (agreed.isEmpty()) {
            return DeltaBases.NONE;
        }
        return agreed.contains(DeltaAlgorithms.ZSTD.algorithmName()) ? DeltaBases.ANY : DeltaBases.PLACE;
    }

    /** All that this release knows. */
    static List<String> known() {
        return names(DeltaAlgorithms.values());
    }

    /** What a source may use. On pages rsync and bsdiff do not win (docs/measurements.md). */
    static List<String> allowed(DeltaAlgorithm option) {
        return switch (option) {
            case AUTO -> names(DeltaAlgorithms.XOR, DeltaAlgorithms.ZSTD);
            case XOR -> names(DeltaAlgorithms.XOR);
            case RSYNC -> names(DeltaAlgorithms.RSYNC);
            case BSDIFF -> names(DeltaAlgorithms.BSDIFF);
            case ZSTD -> names(DeltaAlgorithms.ZSTD);
        };
    }

    private static List<String> names(DeltaAlgorithms... algorithms) {
        return Arrays.stream(algorithms).map(DeltaAlgorithms::algorithmName).toList();
    }
}
