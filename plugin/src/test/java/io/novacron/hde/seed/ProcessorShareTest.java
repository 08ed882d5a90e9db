package io.novacron.hde.seed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Percentage;

class ProcessorShareTest {
    private long used;
    private long now;

    @Property(tries = 200)
    void theShareIsHeldWhateverIsDoneAtATime(
            @ForAll @IntRange(min = 1, max = 150) int hundredths,
            @ForAll @IntRange(min = 10, max = 90_000) int micros) {
        double processors = hundredths / 100.0;
        ProcessorShare share = new ProcessorShare(processors, () -> used, () -> now);
        long usedBefore = used;
        long began = now;
        // enough for the pauses that are put off to add up
        int turns = Math.max(20, 10_000_000 / micros);
        for (int i = 0; i < turns; i++) {
            used += TimeUnit.MICROSECONDS.toNanos(micros);
            now += TimeUnit.MICROSECONDS.toNanos(micros);
            now += share.pause();
        }
        double taken = (double) (used - usedBefore) / (now - began);
        assertThat(taken).isLessThanOrEqualTo(Math.max(1.0, processors));
        if (processors < 0.9) {
            assertThat(taken).isCloseTo(processors, Percentage.withPercentage(25));
        }
    }

    @Property(tries = 20)
    void noPauseIsLongerThanTenSeconds(@ForAll @IntRange(min = 1, max = 100_000) int seconds) {
        ProcessorShare share = new ProcessorShare(0.01, () -> used, () -> now);
        used += TimeUnit.SECONDS.toNanos(seconds);
        now += TimeUnit.SECONDS.toNanos(seconds);
        assertThat(share.pause()).isBetween(1L, TimeUnit.SECONDS.toNanos(10));
    }

    @Property(tries = 20)
    void whatWasNotUsedIsNotMadeUpFor(@ForAll @IntRange(min = 1, max = 1000) int idleSeconds) {
        ProcessorShare share = new ProcessorShare(0.5, () -> used, () -> now);
        now += TimeUnit.SECONDS.toNanos(idleSeconds);
        assertThat(share.pause()).isZero();
        used += TimeUnit.SECONDS.toNanos(1);
        now += TimeUnit.SECONDS.toNanos(1);
        assertThat(share.pause()).isEqualTo(TimeUnit.SECONDS.toNanos(1));
    }
}
