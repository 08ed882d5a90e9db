package io.novacron.hde.fuzz;

import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;

/** What generators of hostile input share. */
public final class Hostile {
    private Hostile() {}

    /** Numbers as a peer may give them: small ones, limits and their neighbours, and any. */
    public static Arbitrary<Long> numbers() {
        return Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.longs().between(0, 40)),
                Tuple.of(
                        2,
                        Arbitraries.of(
                                -1L,
                                255L,
                                4095L,
                                4096L,
                                4097L,
                                1L << 20,
                                1L << 31,
                                (1L << 31) - 1,
                                1L << 60,
                                Long.MAX_VALUE,
                                Long.MIN_VALUE)),
                Tuple.of(1, Arbitraries.longs()));
    }

    /** The same bytes with some of them changed, cut off or repeated; often none. */
    public static byte[] damaged(byte[] bytes, long seed) {
        Random random = new Random(seed);
        byte[] damaged = bytes.clone();
        if (damaged.length == 0) {
            return damaged;
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(damaged.length);
            damaged[at] =
                    random.nextBoolean() ? (byte) random.nextInt() : (byte) (damaged[at] ^ (1 << random.nextInt(8)));
        }
        return random.nextInt(4) == 0 ? Input.first(damaged, random.nextInt(damaged.length + 1)) : damaged;
    }
}
