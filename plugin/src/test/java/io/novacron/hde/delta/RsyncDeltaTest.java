package io.novacron.hde.delta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RsyncDeltaTest extends DeltaAlgorithmContract {
    @Override
    DeltaAlgorithms algorithm() {
        return DeltaAlgorithms.RSYNC;
    }

    @Test
    void whatMovedIsFoundByteByByte() throws DeltaException {
        byte[] base = random(1, 1 << 20);
        byte[] moved = spliced(spliced(base, 700_001, 700_001, random(2, 77)), 300_005, 300_104, new byte[0]);
        byte[] target = spliced(moved, 0, 0, Arrays.copyOfRange(base, 500_003, 600_011));
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            // 77 new bytes, and a few for each of four copies.
            assertThat(encoded).hasSizeLessThan(77 + 40);
            assertThat(decode(delta, base, encoded, target.length)).isEqualTo(target);
        }
    }

    @Test
    void aChangeInPlaceTakesThreeBytesAndItsOwn() {
        byte[] base = random(3, 4096);
        byte[] target = base.clone();
        target[50] ^= 1;
        target[2000] ^= 1;
        try (DeltaAlgorithm delta = algorithm().create()) {
            // Length of the target 2; three copies, the last two of which are longer than 127 bytes; two literals.
            assertThat(encode(delta, base, target)).hasSize(2 + (2 + 3 + 4 + 4) + (2 + 2));
        }
    }

    /** For every odd multiplier the two halves of such a text have the same fingerprint modulo 2^64. */
    @Test
    void blocksOfEqualFingerprintAndOtherContentAreNotMistaken() throws DeltaException {
        int block = 1024;
        byte[] thueMorse = new byte[2 * block];
        for (int i = 0; i < thueMorse.length; i++) {
            thueMorse[i] = (byte) (Integer.bitCount(i) & 1);
        }
        byte[] base = random(4, 16 << 20);
        System.arraycopy(thueMorse, 0, base, 0, block);
        byte[] other = Arrays.copyOfRange(thueMorse, block, 2 * block);
        BlockIndex index = new BlockIndex();
        index.fill(direct(base), 0, base.length);
        assertThat(index.blockBytes()).isEqualTo(block);
        assertThat(index.find(index.fingerprint(direct(other), 0))).isZero();

        byte[] target = spliced(random(5, 3 * block), 1000, 1000 + block, other);
        try (DeltaAlgorithm delta = algorithm().create()) {
            assertThat(decode(delta, base, encode(delta, base, target), target.length))
                    .isEqualTo(target);
        }
    }
}
