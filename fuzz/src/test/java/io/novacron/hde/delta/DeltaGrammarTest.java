package io.novacron.hde.delta;

import io.novacron.hde.fuzz.Hostile;
import io.novacron.hde.fuzz.Input;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Deltas of the right form, of streams whose numbers may be anything. */
class DeltaGrammarTest {
    @Property(tries = 1000)
    void streams(
            @ForAll @IntRange(max = 3) int algorithm,
            @ForAll @IntRange(max = 300) int base,
            @ForAll @IntRange(max = 300) int target,
            @ForAll("numbers") List<Long> numbers,
            @ForAll @Size(max = 40) byte[] second,
            @ForAll @Size(max = 40) byte[] third,
            @ForAll long seed) {
        ByteBuffer steps = ByteBuffer.allocate(400);
        int at = 0;
        for (long number : numbers) {
            at = Varint.put(steps, at, number);
        }
        byte[] first = new byte[at];
        steps.get(0, first);
        ByteBuffer delta = ByteBuffer.allocate(1000);
        int end = Varint.put(delta, 0, target);
        end = stream(delta, end, first);
        end = stream(delta, end, second);
        if (algorithm != DeltaAlgorithms.RSYNC.ordinal()) {
            end = stream(delta, end, third);
        }
        byte[] bytes = new byte[end];
        delta.get(0, bytes);
        DeltaFuzz.fuzzerTestOneInput(
                Input.of(Input.u8(algorithm, base >> 8, base, target >> 8, target), Hostile.damaged(bytes, seed)));
    }

    private static int stream(ByteBuffer delta, int at, byte[] content) {
        int next = Varint.put(delta, at, content.length);
        if (content.length > 0) {
            next = Varint.put(delta, next, content.length);
            delta.put(next, content);
        }
        return next + content.length;
    }

    @Provide
    Arbitrary<List<Long>> numbers() {
        return Arbitraries.oneOf(List.of(Hostile.numbers(), Arbitraries.longs().between(0, 60)))
                .list()
                .ofMaxSize(12);
    }
}
