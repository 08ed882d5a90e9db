package io.novacron.hde.agent;

import io.novacron.hde.codec.DeltaBases;
import io.novacron.hde.config.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import java.util.Arrays;
import java.util.List;

/** What the option {@code codec.delta-algorithm} means on the wire. */
final class DeltaNames {
    /** Which pages may be the bases of deltas that only these algorithms make. */
    static DeltaBases bases(List<String> agreed) {
        if (agreed.isEmpty()) {
            return DeltaBases.NONE;
        }
        return agreed.contains(DeltaAlgorithms.ZSTD.algorithmName()) ? DeltaBases.ANY : DeltaBases.PLACE;
    }

    private DeltaNames() {}

    /** All that this release knows. */
    static List<String> known() {
        return Arrays.stream(DeltaAlgorithms.values())
                .map(DeltaAlgorithms::algorithmName)
                .toList();
    }

    static List<String> allowed(DeltaAlgorithm option) {
        return switch (option) {
            case AUTO -> known();
            case XOR -> List.of(DeltaAlgorithms.XOR.algorithmName());
            case ZSTD_REFERENCE -> List.of(DeltaAlgorithms.ZSTD.algorithmName());
        };
    }
}
