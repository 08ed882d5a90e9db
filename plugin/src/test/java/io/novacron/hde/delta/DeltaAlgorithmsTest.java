package io.novacron.hde.delta;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeltaAlgorithmsTest {
    /** The wire and the stores of earlier releases depend on these: add, never change. */
    @Test
    void idsAndNamesAreForGood() {
        assertThat(DeltaAlgorithms.XOR.id()).isEqualTo((byte) 3);
        assertThat(DeltaAlgorithms.XOR.algorithmName()).isEqualTo("xor-runs");
        assertThat(DeltaAlgorithms.ZSTD.id()).isEqualTo((byte) 2);
        assertThat(DeltaAlgorithms.ZSTD.algorithmName()).isEqualTo("zstd");
        assertThat(DeltaAlgorithms.RSYNC.id()).isEqualTo((byte) 4);
        assertThat(DeltaAlgorithms.RSYNC.algorithmName()).isEqualTo("rsync");
        assertThat(DeltaAlgorithms.BSDIFF.id()).isEqualTo((byte) 5);
        assertThat(DeltaAlgorithms.BSDIFF.algorithmName()).isEqualTo("bsdiff");
        assertThat(DeltaAlgorithms.values()).extracting(DeltaAlgorithms::id).doesNotHaveDuplicates();
    }

    @Test
    void unknownOnesAreEmpty() {
        assertThat(DeltaAlgorithms.byId((byte) 0)).isEmpty();
        assertThat(DeltaAlgorithms.byId((byte) -1)).isEmpty();
        // Was another form of XOR.
        assertThat(DeltaAlgorithms.byId((byte) 1)).isEmpty();
        assertThat(DeltaAlgorithms.byName("xor")).isEmpty();
        assertThat(DeltaAlgorithms.byName("XOR")).isEmpty();
    }
}
