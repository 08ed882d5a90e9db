package io.novacron.hde.delta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SuffixArrayTest {
    @Property
    void itIsTheOrderOfTheSuffixes(
            @ForAll @IntRange(max = 2000) int length,
            @ForAll @IntRange(min = 1, max = 256) int letters,
            @ForAll @IntRange(min = 1, max = 2000) int period,
            @ForAll long seed) {
        Random random = new Random(seed);
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = i < period ? (byte) (random.nextInt(letters) - 100) : text[i - period];
        }
        assertThat(sorted(new SuffixArray(), text)).isEqualTo(expected(text));
    }

    @Test
    void anInstanceSortsLongerAndShorterTexts() {
        SuffixArray array = new SuffixArray();
        for (int length : new int[] {0, 1, 500, 2, 3000, 17, 0}) {
            byte[] text = DeltaAlgorithmContract.random(length, length);
            assertThat(sorted(array, text)).isEqualTo(expected(text));
        }
    }

    @Test
    void onlyTheFirstBytesCount() {
        byte[] text = {2, 1, 3, 0};
        assertThat(Arrays.copyOf(new SuffixArray().sort(text, 3), 4)).containsExactly(3, 1, 0, 2);
    }

    private static int[] sorted(SuffixArray array, byte[] text) {
        return Arrays.copyOf(array.sort(text, text.length), text.length + 1);
    }

    private static int[] expected(byte[] text) {
        Comparator<Integer> order =
                (one, other) -> Arrays.compareUnsigned(text, one, text.length, text, other, text.length);
        return IntStream.rangeClosed(0, text.length)
                .boxed()
                .sorted(order)
                .mapToInt(Integer::intValue)
                .toArray();
    }
}
