package io.novacron.hde.seed;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class RefreshIntervalTest {
    private static final Duration CONFIGURED = Duration.ofMinutes(4);

    private final RefreshInterval interval = new RefreshInterval(CONFIGURED);

    @Test
    void anIdleGuestIsLookedAtLessOften() {
        interval.refreshed(80_000, 100, 0);
        assertThat(interval.next()).isEqualTo(Duration.ofMinutes(8));
        for (int i = 0; i < 10; i++) {
            interval.refreshed(80_000, 100, 0);
        }
        assertThat(interval.next()).isEqualTo(Duration.ofMinutes(48));
    }

    @Test
    void whatChangesAllTheTimeIsNotWorthSending() {
        interval.refreshed(80_000, 20_000, 19_000);
        assertThat(interval.next()).isEqualTo(Duration.ofMinutes(8));
    }

    @Test
    void whatIsNewAndStaysIsFetchedSooner() {
        interval.refreshed(80_000, 20_000, 1_000);
        assertThat(interval.next()).isEqualTo(Duration.ofMinutes(2));
        interval.refreshed(80_000, 20_000, 1_000);
        interval.refreshed(80_000, 20_000, 1_000);
        assertThat(interval.next()).isEqualTo(Duration.ofMinutes(1));
    }

    @Property
    void itStaysWithinItsLimits(
            @ForAll @LongRange(max = 1 << 20) long pages,
            @ForAll @LongRange(max = 1 << 20) long changed,
            @ForAll @LongRange(max = 1 << 20) long again) {
        for (int i = 0; i < 8; i++) {
            interval.refreshed(pages, Math.min(pages, changed), Math.min(again, changed));
            assertThat(interval.next()).isBetween(Duration.ofMinutes(1), Duration.ofMinutes(48));
        }
    }
}
