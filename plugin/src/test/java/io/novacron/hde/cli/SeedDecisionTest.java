package io.novacron.hde.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.control.EstimateReport;
import io.novacron.hde.control.EstimateReport.Way;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class SeedDecisionTest {
    private static Way way(long total, long downtime, boolean converges) {
        return new Way(1000, null, total, downtime, 2, converges);
    }

    private static SeedDecision decide(Way now, Way seeded) {
        return SeedDecision.of(new EstimateReport(
                "vm",
                "u",
                "b",
                Instant.EPOCH,
                new EstimateReport.Pages(1, 2, 3, 4),
                4,
                null,
                0,
                false,
                1,
                now,
                now,
                seeded,
                1,
                1,
                List.of()));
    }

    @Test
    void whatWouldNotConvergeIsSeededIfThatHelps() {
        assertThat(decide(way(1, 1, false), way(1, 1, true)))
                .isEqualTo(new SeedDecision(true, "without it the migration would not converge"));
        assertThat(decide(way(1, 1, false), way(1, 1, false)).seed()).isFalse();
        assertThat(decide(way(1, 1, true), way(1, 1, false)).seed()).isFalse();
    }

    @Test
    void aLongDowntimeOrALongMigrationIsWorthASeed() {
        assertThat(decide(way(5_000, 900, true), way(1_000, 100, true)))
                .isEqualTo(new SeedDecision(true, "the VM would stand still for 900 ms, and for 100 ms after it"));
        assertThat(decide(way(60_000, 100, true), way(1_000, 100, true)))
                .isEqualTo(new SeedDecision(true, "the migration would take 1:00, and 1.0 s after it"));
    }

    @Test
    void whatIsShortAnywayIsNot() {
        assertThat(decide(way(4_000, 100, true), way(500, 60, true)))
                .isEqualTo(new SeedDecision(false, "the migration would take 4.0 s with 100 ms of downtime as it is"));
        assertThat(decide(way(60_000, 100, true), way(50_000, 100, true)).seed())
                .isFalse();
    }

    @Property
    void aSeedThatChangesNothingIsNotMade(
            @ForAll @LongRange(min = 0, max = 1_000_000) long total,
            @ForAll @LongRange(min = 0, max = 100_000) long downtime) {
        assertThat(decide(way(total, downtime, true), way(total, downtime, true))
                        .seed())
                .isFalse();
    }
}
