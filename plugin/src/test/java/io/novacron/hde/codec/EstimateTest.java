package io.novacron.hde.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EstimateTest {
    private static final int PAGES = 8000;
    private static final PackOptions OPTIONS = new PackOptions(1.1, List.of("xor", "zstd"), 0);
    private static final Effort EFFORT = Effort.ofLevel(3);

    @TempDir
    private Path directory;

    private PageStore store;
    private final byte[] memory = new byte[PAGES * Page.SIZE];

    @BeforeEach
    void open() throws Exception {
        store = PageStore.open(directory, StoreLimits.ofSize(1 << 28));
        // regions of 500 pages: a quarter zero, a quarter noise, half text
        Random random = new Random(1);
        for (int page = 0; page < PAGES; page++) {
            byte[] content = new byte[Page.SIZE];
            random.nextBytes(content);
            int kind = page / 500 % 4;
            for (int i = 0; i < Page.SIZE && kind != 1; i++) {
                content[i] = (byte) (kind == 0 ? 0 : 'a' + (content[i] & 3));
            }
            System.arraycopy(content, 0, memory, page * Page.SIZE, Page.SIZE);
        }
    }

    @AfterEach
    void close() {
        store.close();
    }

    private PageSample sample(double part, long seed) {
        long[] places = PageSample.places(PAGES, part, new Random(seed));
        PageSample sample = new PageSample(PAGES, places.length);
        for (long place : places) {
            sample.add(0, place, ByteBuffer.wrap(memory), (int) place * Page.SIZE);
        }
        return sample;
    }

    private Estimate estimate(double part, long seed, MemoryTable... agreed) {
        return Estimate.of(sample(part, seed), List.of(agreed), store, OPTIONS, EFFORT, () -> false);
    }

    private static double errors(Estimate.Amount amount, double truth) {
        return Math.abs(amount.value() - truth) / amount.error();
    }

    /** All of memory but the last page of each ten, as a baseline; its pages need not be in the store. */
    private MemoryTable baseline() {
        MemoryTable table = new MemoryTable(List.of(new BlockLayout("pc.ram", (long) PAGES * Page.SIZE)));
        PageHasher hasher = new PageHasher();
        ByteBuffer bytes = ByteBuffer.wrap(memory);
        for (int page = 0; page < PAGES; page++) {
            if (page % 10 != 9) {
                hasher.hash(bytes, page * Page.SIZE);
                table.set(0, page, hasher.high(), hasher.low());
            }
        }
        return table;
    }

    @Test
    void allPagesAreNoSampleButTheTruth() {
        Estimate all = estimate(1, 1);
        assertThat(all.sampled()).isEqualTo(PAGES);
        assertThat(all.bytes().error()).isZero();
        assertThat(all.tiers().get(Tier.ZERO)).isEqualTo(new Estimate.Amount(PAGES / 4.0, 0));
        assertThat(all.tiers().values().stream()
                        .mapToDouble(Estimate.Amount::value)
                        .sum())
                .isCloseTo(PAGES, within(0.001));
        assertThat(all.bytes().value()).isGreaterThan(PAGES / 4.0 * Page.SIZE);
    }

    @Test
    void aSampleComesCloseAndSaysHowClose() {
        Estimate all = estimate(1, 1);
        int within = 0;
        for (int seed = 0; seed < 20; seed++) {
            Estimate part = estimate(0.1, seed);
            assertThat(part.sampled()).isBetween(PAGES / 20, PAGES / 5);
            assertThat(part.bytes().value() / all.bytes().value()).isBetween(0.7, 1.4);
            assertThat(errors(part.tiers().get(Tier.ZERO), PAGES / 4.0)).isLessThan(4);
            within += errors(part.bytes(), all.bytes().value()) <= 2 ? 1 : 0;
        }
        assertThat(within).isGreaterThanOrEqualTo(15);
    }

    @Test
    void whatTheBaselineHasIsKept() {
        Estimate part = estimate(0.1, 1, baseline());
        Estimate none = estimate(0.1, 1);
        // three quarters are not zero, and nine of ten of those are there
        assertThat(part.tiers().get(Tier.KEPT).value() / PAGES).isCloseTo(0.675, within(0.1));
        assertThat(part.bytes().value()).isLessThan(none.bytes().value() / 5);
    }

    @Test
    void whatAnotherPlaceOfTheBaselineHasIsKnown() {
        MemoryTable elsewhere = new MemoryTable(List.of(new BlockLayout("other", (long) PAGES * Page.SIZE)));
        MemoryTable baseline = baseline();
        for (int page = 0; page < PAGES; page++) {
            elsewhere.set(0, PAGES - 1 - page, baseline.high(0, page), baseline.low(0, page));
        }
        assertThat(estimate(0.1, 1, elsewhere).tiers().get(Tier.KNOWN).value() / PAGES)
                .isCloseTo(0.675, within(0.1));
    }

    @Test
    void neitherBaselinesNorStoreAreChanged() {
        MemoryTable baseline = baseline();
        String root = baseline.root().toString();
        estimate(0.2, 1, baseline);
        store.flush();
        assertThat(baseline.root()).hasToString(root);
        assertThat(store.currentFrameNumber()).isZero();
    }

    @Test
    void fromTooLittleNoErrorIsKnown() {
        PageSample none = new PageSample(PAGES, 0);
        assertThat(Estimate.of(none, List.of(), store, OPTIONS, EFFORT, () -> false)
                        .bytes())
                .isEqualTo(new Estimate.Amount(0, Double.POSITIVE_INFINITY));
        PageSample one = new PageSample(PAGES, 1);
        one.add(0, 700, ByteBuffer.wrap(memory), 700 * Page.SIZE);
        Estimate.Amount bytes =
                Estimate.of(one, List.of(), store, OPTIONS, EFFORT, () -> false).bytes();
        assertThat(bytes.value()).isPositive();
        assertThat(bytes.error()).isInfinite();
    }

    @Test
    void aSampleHasABound() {
        PageSample one = new PageSample(PAGES, 1);
        one.add(0, 0, ByteBuffer.wrap(memory), 0);
        assertThatThrownBy(() -> one.add(0, 1, ByteBuffer.wrap(memory), 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new PageSample(5, 6)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PageSample(5, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PageSample.places(5, 1.1, new Random(1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void placesAreInOrderAndOfTheGuest(
            @ForAll @LongRange(min = 0, max = 100_000) long pages,
            @ForAll @DoubleRange(min = 0, max = 1) double part,
            @ForAll long seed) {
        long[] places = PageSample.places(pages, part, new Random(seed));
        for (int i = 0; i < places.length; i++) {
            assertThat(places[i]).isBetween(i == 0 ? 0 : places[i - 1] + 1, pages - 1);
        }
        assertThat((double) places.length).isCloseTo(part * pages, within(48.0));
        assertThat(Arrays.stream(places).distinct().count()).isEqualTo(places.length);
    }
}
