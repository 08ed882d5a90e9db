package io.novacron.hde.delta;

import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Documents;
import io.novacron.hde.fuzz.Input;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A delta of every algorithm: the target, or an exception, and nothing outside the target's place is touched. Input: u8
 * algorithm, u16 bytes of base, u16 bytes of target, the delta.
 */
public final class DeltaFuzz {
    private static final int MOST = 1 << 16;
    private static final int MARGIN = 64;
    private static final byte UNTOUCHED = 0x5a;
    private static final byte[] LAZY_DOG =
            "the quick brown fox jumps over the lazy dog".getBytes(StandardCharsets.US_ASCII);
    private static final int HAZY_DOGS = 44;

    private static final class Holder {
        private static final Map<DeltaAlgorithms, DeltaAlgorithm> ALGORITHMS = new EnumMap<>(DeltaAlgorithms.class);
        private static final ByteBuffer BASE = ByteBuffer.allocateDirect(MOST);
        private static final ByteBuffer DELTA = ByteBuffer.allocateDirect(1 << 20);
        private static final ByteBuffer OUT = ByteBuffer.allocateDirect(MOST + 2 * MARGIN);

        static {
            for (DeltaAlgorithms algorithm : DeltaAlgorithms.values()) {
                ALGORITHMS.put(algorithm, algorithm.create());
            }
            for (int i = 0; i < MOST; i++) {
                BASE.put(i, i < LAZY_DOG.length ? LAZY_DOG[i] : (byte) ((i / 5) ^ (i >> 7)));
            }
        }
    }

    private DeltaFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Input input = new Input(bytes);
        DeltaAlgorithms[] algorithms = DeltaAlgorithms.values();
        DeltaAlgorithm algorithm = Holder.ALGORITHMS.get(algorithms[input.u8() % algorithms.length]);
        int base = input.u16();
        int target = input.u16();
        byte[] delta = input.take(Holder.DELTA.capacity());
        Holder.DELTA.put(0, delta);
        for (int i = 0; i < MARGIN; i++) {
            Holder.OUT.put(i, UNTOUCHED);
            Holder.OUT.put(MARGIN + target + i, UNTOUCHED);
        }
        // Each stream is at most 32 bytes more than twice the target, and there are three; room for them grows.
        Bounded.run(6 * DeltaStreams.mostStreamBytes(target), () -> decode(algorithm, base, delta.length, target));
        for (int i = 0; i < MARGIN; i++) {
            if (Holder.OUT.get(i) != UNTOUCHED || Holder.OUT.get(MARGIN + target + i) != UNTOUCHED) {
                throw new AssertionError(algorithm.name() + " wrote outside the target");
            }
        }
    }

    private static void decode(DeltaAlgorithm algorithm, int base, int delta, int target) {
        try {
            algorithm.decode(Holder.BASE, 0, base, Holder.DELTA, 0, delta, Holder.OUT, MARGIN, target);
        } catch (DeltaException e) {
            if (e.offset() < 0 || e.offset() > delta) {
                throw new AssertionError("damage at byte " + e.offset() + " of " + delta, e);
            }
        }
    }

    /** The examples of the protocol's document, and deltas that the algorithms make. */
    public static Map<String, byte[]> seeds() throws IOException {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        Map<String, byte[]> examples = Documents.examples("protocol.md");
        ByteBuffer target = ByteBuffer.allocateDirect(9000);
        target.put(0, Holder.BASE, 500, 4000);
        target.put(4000, Holder.BASE, 4010, 5000);
        for (int i = 100; i < target.capacity(); i += 700) {
            target.put(i, (byte) 1);
        }
        ByteBuffer out = ByteBuffer.allocateDirect(20_000);
        for (DeltaAlgorithms algorithm : DeltaAlgorithms.values()) {
            byte[] head = Input.u8(algorithm.ordinal(), 0, LAZY_DOG.length, 0, HAZY_DOGS);
            seeds.put("example-" + algorithm, Input.of(head, examples.get("delta-" + algorithm.algorithmName())));
            int length = Holder.ALGORITHMS
                    .get(algorithm)
                    .encode(Holder.BASE, 0, 10_000, target, 0, target.capacity(), out, 0, out.capacity());
            byte[] delta = new byte[length];
            out.get(0, delta);
            head = Input.u8(algorithm.ordinal(), 10_000 >> 8, 10_000, target.capacity() >> 8, target.capacity());
            seeds.put("pages-" + algorithm, Input.of(head, delta));
        }
        return seeds;
    }
}
