package io.novacron.hde.library;

import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes the payloads that need a baseline: DIFFERENCE, and DELTA with the algorithms that {@link DeltaRule} names. */
final class DeltaPacker {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder())
            .withInvokeExactBehavior();

    private final DataPacker dataPacker;
    private final DeltaRule rule;
    private final double targetRatio;

    /**
     * A payload.
     *
     * @param algorithm empty for DIFFERENCE
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Delta(Optional<DeltaAlgorithms> algorithm, byte[] payload) {
        String algorithmName() {
            return algorithm.orElse(DeltaAlgorithms.XOR).word();
        }
    }

    DeltaPacker(EncoderOptions options, DataPacker dataPacker) {
        this.dataPacker = dataPacker;
        rule = new DeltaRule(options);
        targetRatio = options.targetRatio();
    }

    boolean isAuto() {
        return rule.isAuto();
    }

    /** The smallest delta found for the first {@code length} bytes, or empty if there is none smaller than they are. */
    Optional<Delta> pack(Workspace work, ByteBuffer data, int length, byte[] baseline) {
        ByteBuffer base = work.base.holding(baseline);
        Optional<Delta> best =
                rule.triesDifference() ? difference(work, data, length, base, baseline.length) : Optional.empty();
        List<DeltaAlgorithms> candidates = rule.candidates(length);
        boolean trial = candidates.size() > 1;
        Map<DeltaAlgorithms, Integer> made = new EnumMap<>(DeltaAlgorithms.class);
        for (DeltaAlgorithms which : candidates) {
            int least = best.map(delta -> delta.payload().length).orElse(length);
            if (!trial && least * targetRatio <= length) {
                break;
            }
            // There is no room for what is no better than the best, so that it is given up early.
            int room = trial ? length : least;
            DeltaAlgorithm algorithm = work.delta(which);
            ByteBuffer out = work.output.atLeast(room);
            int bytes = algorithm.encode(base, 0, baseline.length, data, 0, length, out, 0, room);
            made.put(which, bytes < 0 ? length : bytes);
            if (bytes >= 0 && bytes < least) {
                best = Optional.of(new Delta(Optional.of(which), DataPacker.bytes(out, bytes)));
            }
        }
        if (trial) {
            rule.learn(length, made);
        }
        return best;
    }

    /** XORs the first {@code length} bytes of a buffer with those of another. */
    static void xor(ByteBuffer target, ByteBuffer other, int length) {
        int words = length & -Long.BYTES;
        for (int i = 0; i < words; i += Long.BYTES) {
            LONG.set(target, i, (long) LONG.get(target, i) ^ (long) LONG.get(other, i));
        }
        for (int i = words; i < length; i++) {
            target.put(i, (byte) (target.get(i) ^ other.get(i)));
        }
    }

    private Optional<Delta> difference(Workspace work, ByteBuffer data, int length, ByteBuffer base, int baseLength) {
        ByteBuffer difference = work.difference.atLeast(length);
        difference.put(0, data, 0, length);
        xor(difference, base, Math.min(length, baseLength));
        return dataPacker
                .pack(work, difference, length)
                .filter(payload -> payload.length < length)
                .map(payload -> new Delta(Optional.empty(), payload));
    }
}
