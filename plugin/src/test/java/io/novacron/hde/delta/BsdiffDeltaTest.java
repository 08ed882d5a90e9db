package io.novacron.hde.delta;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class BsdiffDeltaTest extends DeltaAlgorithmContract {
    @Override
    DeltaAlgorithms algorithm() {
        return DeltaAlgorithms.BSDIFF;
    }

    /** Code that moved: everything is shifted, and every address in it has changed by the same amount. */
    @Test
    void addressesThatAllMovedByTheSameAmountTakeNextToNothing() throws DeltaException {
        byte[] base = random(1, 256 * 1024);
        byte[] target = spliced(base, 100, 100, random(2, 40));
        for (int at = 200; at < target.length; at += 24) {
            target[at] = (byte) (target[at] + 40);
        }
        try (DeltaAlgorithm delta = algorithm().create();
                DeltaAlgorithm rsync = DeltaAlgorithms.RSYNC.create()) {
            byte[] encoded = encode(delta, base, target);
            assertThat(encoded).hasSizeLessThan(encode(rsync, base, target).length / 4);
            assertThat(decode(delta, base, encoded, target.length)).isEqualTo(target);
        }
    }

    @Test
    void whatIsTooLongIsDeclined() {
        ByteBuffer small = ByteBuffer.allocateDirect(1000);
        ByteBuffer large = ByteBuffer.allocateDirect(BsdiffDelta.LONGEST + 1);
        try (DeltaAlgorithm delta = algorithm().create()) {
            assertThat(delta.encode(large, 0, large.capacity(), small, 0, 10, small, 0, 1000))
                    .isEqualTo(-1);
            assertThat(delta.encode(small, 0, 10, large, 0, large.capacity(), small, 0, 1000))
                    .isEqualTo(-1);
        }
    }
}
