package io.novacron.hde.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.codec.GuestOutline;
import io.novacron.hde.codec.StreamPosition;
import io.novacron.hde.forecast.SyntheticMigration.Step;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class CourseTest {
    private static final long PAGES = 262_144;
    private static final long LINK = 12_500_000;

    private static void assertClose(SyntheticMigration migration, Step step, double part) {
        double bytes = migration.bytes() - step.bytes();
        double seconds = migration.seconds() - step.seconds();
        assertThat((double) step.forecast().bytes()).isCloseTo(bytes, within(part * bytes + 100_000));
        assertThat(step.forecast().millis() / 1000.0).isCloseTo(seconds, within(part * seconds + 0.05));
    }

    @Test
    void nothingIsSaidBeforeAnythingIsKnown() {
        Course course = new Course();
        GuestOutline guest = new GuestOutline(SyntheticMigration.empty(10));
        assertThat(course.forecast()).isEmpty();
        course.arrived(1, null, 100, LINK);
        course.arrived(2, new StreamPosition(guest, 0, 0, 0, 0, 0, 0, false), 100, LINK);
        assertThat(course.forecast()).isEmpty();
        assertThat(course.past("b")).isEmpty();
    }

    @Test
    void aGuestThatWritesNothingIsForecastFromItsFirstPages() {
        SyntheticMigration migration = new SyntheticMigration(SyntheticMigration.empty(PAGES), LINK);
        migration.run(0, 2, 400);
        assertThat(migration.steps).hasSizeGreaterThan(1000);
        for (Step step : migration.steps) {
            assertClose(migration, step, 0.02);
        }
        assertThat(migration.course.past("b")).hasValueSatisfying(past -> {
            assertThat(past.early().error()).hasValueCloseTo(0.0, within(0.02));
            assertThat(past.middle().error()).hasValueCloseTo(0.0, within(0.02));
        });
    }

    /** 4000 pages a second of 400 bytes are an eighth of the link: each round is an eighth of the one before. */
    @Test
    void roundsThatShrinkAreAddedUp() {
        SyntheticMigration migration = new SyntheticMigration(SyntheticMigration.empty(PAGES), LINK);
        migration.run(LINK / 8.0 / 400, 20, 400);

        List<Step> later =
                migration.steps.stream().filter(step -> step.round() > 1).toList();
        assertThat(later)
                .hasSizeGreaterThan(100)
                .allMatch(step -> step.forecast().converges());
        for (Step step : later.subList(later.size() / 10, later.size())) {
            assertClose(migration, step, 0.15);
        }
        // in the first round what the guest will write is not known
        Step first = migration.steps.get(500);
        assertThat(first.forecast().bytes()).isLessThan(migration.bytes() - first.bytes());
        Step last = migration.steps.get(migration.steps.size() - 1);
        assertThat(last.forecast()).isEqualTo(new Forecast(0, 0, true, 1));
    }

    @Test
    void aGuestThatWritesFasterThanTheLinkCarriesDoesNotConverge() {
        SyntheticMigration migration = new SyntheticMigration(SyntheticMigration.empty(PAGES), LINK);
        migration.run(1.5 * LINK / 400, 5, 400);

        List<Step> second =
                migration.steps.stream().filter(step -> step.round() == 2).toList();
        assertThat(second.subList(second.size() / 10, second.size()))
                .isNotEmpty()
                .allMatch(step -> !step.forecast().converges());
        assertThat(migration.steps.get(migration.steps.size() - 1).forecast()).isEqualTo(Forecast.ENDLESS);
    }

    /** A working set that is written again and again, but is sent within the downtime. */
    @Test
    void whatFitsInTheDowntimeConvergesHoweverFastItIsWritten() {
        SyntheticMigration migration = new SyntheticMigration(SyntheticMigration.empty(PAGES), LINK);
        migration.round(1, PAGES, place -> 100);
        for (int round = 2; round < 6; round++) {
            migration.round(round, 2000, place -> 1000);
        }
        List<Step> later =
                migration.steps.stream().filter(step -> step.round() > 2).toList();
        assertThat(later).isNotEmpty().allMatch(step -> step.forecast().converges());
    }

    /** The first half has a baseline, of which a tenth has changed; the rest is new, and costs ten times as much. */
    @Test
    void whatTheBaselineLacksCostsWhatItsChangedPagesDid() {
        MemoryTable baseline = SyntheticMigration.empty(PAGES);
        for (long page = 0; page < PAGES / 2; page++) {
            baseline.set(0, page, 5, page + 1);
        }
        SyntheticMigration migration = new SyntheticMigration(baseline, LINK);
        migration.round(1, PAGES, place -> place < PAGES / 2 && place % 10 != 0 ? 0 : 1000);
        for (Step step : migration.steps.subList(20, migration.steps.size())) {
            assertClose(migration, step, 0.1);
        }
    }

    /** Changed pages come only where the baseline has content, and that is at the end. */
    @Test
    void whereTheBaselineIsZeroLittleIsExpected() {
        MemoryTable baseline = SyntheticMigration.empty(PAGES);
        for (long page = 0; page < PAGES; page++) {
            if (page < 3 * PAGES / 4 && page % 16 != 0) {
                baseline.setZero(0, page);
            } else {
                baseline.set(0, page, 5, page + 1);
            }
        }
        SyntheticMigration migration = new SyntheticMigration(baseline, LINK);
        migration.round(1, PAGES, place -> place < 3 * PAGES / 4 && place % 16 != 0 ? SyntheticMigration.ZERO : 500);
        // after a quarter of the memory a twentieth of the bytes has come
        Step quarter = migration.steps.get(migration.steps.size() / 4);
        assertThat(quarter.bytes()).isLessThan(migration.bytes() / 10);
        double rest = migration.bytes() - quarter.bytes();
        assertThat(quarter.forecast().bytes() / rest).isBetween(0.7, 1.1);
    }

    /** All content is in the first third. */
    @Test
    void whatOtherGuestsTookHelpsWhereTheContentIsNotSpread() {
        SyntheticMigration alone = new SyntheticMigration(SyntheticMigration.empty(PAGES), LINK);
        SyntheticMigration taught = new SyntheticMigration(SyntheticMigration.empty(PAGES), LINK);
        taught.course.others(210);
        for (SyntheticMigration each : List.of(alone, taught)) {
            each.round(1, PAGES, place -> place < PAGES / 3 ? 600 : SyntheticMigration.ZERO);
        }
        int tenth = alone.steps.size() / 30;
        double rest = alone.bytes() - alone.steps.get(tenth).bytes();
        assertThat(alone.steps.get(tenth).forecast().bytes() / rest).isGreaterThan(2.5);
        assertThat(taught.steps.get(tenth).forecast().bytes() / rest).isBetween(0.9, 1.4);
        assertThat(alone.course.past("b").orElseThrow().firstTimeBytes()).isCloseTo(200, within(1.0));
        assertThat(taught.steps.get(taught.steps.size() - 1).forecast().bytes()).isZero();
    }

    @Test
    void aGuestThatTakesMoreThanOthersDidIsNotThoughtToBeDone() {
        SyntheticMigration migration = new SyntheticMigration(SyntheticMigration.empty(PAGES), LINK);
        migration.course.others(50);
        migration.round(1, PAGES, place -> 400);
        for (Step step : migration.steps) {
            double rest = migration.bytes() - step.bytes();
            boolean lastQuarter = rest < migration.bytes() / 4.0;
            assertThat(step.forecast().bytes() + 1.0).isBetween((lastQuarter ? 0.7 : 0.03) * rest, 1.01 * rest + 10);
        }
    }

    /** What is not the link's time, because the pages are kept, is counted too. */
    @Test
    void aSourceThatIsSlowerThanTheLinkIsForecastByItsPages() {
        Course course = new Course();
        GuestOutline guest = new GuestOutline(SyntheticMigration.empty(PAGES));
        long nanos = 0;
        for (long passed = 256; passed <= PAGES / 2; passed += 256) {
            nanos += 1_000_000;
            course.arrived(nanos, new StreamPosition(guest, 1, passed, passed, passed, 0, passed, false), 60, LINK);
        }
        Forecast forecast = course.forecast().orElseThrow();
        assertThat(forecast.millis()).isCloseTo(PAGES / 2 / 256, within(10L));
        assertThat(forecast.bytes()).isCloseTo(PAGES / 2 / 256 * 60, within(1000L));
        assertThat(forecast.done()).isCloseTo(0.5, within(0.01));
    }

    @Property(tries = 200)
    void aForecastIsANumberAndEndsAtZero(
            @ForAll @LongRange(min = 1, max = 20_000) long pages,
            @ForAll @LongRange(min = 1, max = 1L << 40) long link,
            @ForAll @DoubleRange(min = 0, max = 1e7) double written,
            @ForAll @IntRange(min = 0, max = 5000) int pageBytes,
            @ForAll @IntRange(min = 2, max = 8) int rounds) {
        SyntheticMigration migration = new SyntheticMigration(SyntheticMigration.empty(pages), link);
        migration.run(written, rounds, pageBytes);
        migration.complete(rounds);
        for (Step step : migration.steps) {
            assertThat(step.forecast().bytes()).isNotNegative();
            assertThat(step.forecast().millis()).isNotNegative();
            assertThat(step.forecast().done()).isBetween(0.0, 1.0);
        }
        if (migration.bytes() > 0) {
            assertThat(migration.course.forecast()).hasValue(new Forecast(0, 0, true, 1));
        }
        migration.course.past("b").ifPresent(past -> {
            past.early().error().ifPresent(error -> assertThat(error).isBetween(0.0, 10.0));
            past.middle().error().ifPresent(error -> assertThat(error).isBetween(0.0, 10.0));
        });
    }

    /** Then the window holds bytes, but next to no places. */
    @Test
    void aLongPauseDoesNotMatter() {
        Course course = new Course();
        GuestOutline guest = new GuestOutline(SyntheticMigration.empty(PAGES));
        course.arrived(0, new StreamPosition(guest, 1, PAGES / 2, 9, 9, 0, 0, false), 1_000_000, LINK);
        course.arrived(4_000_000_000_000L, new StreamPosition(guest, 1, PAGES / 2, 9, 9, 0, 0, false), 1000, LINK);
        Forecast half = course.forecast().orElseThrow();
        assertThat(half.bytes()).isBetween(300_000L, 1_001_000L);
        assertThat(half.millis()).isLessThan(1000);
        course.arrived(4_000_000_000_001L, new StreamPosition(guest, 1, PAGES, 9, 9, 0, 0, false), 1000, LINK);
        assertThat(course.forecast()).hasValue(new Forecast(0, 0, true, 1));
    }

    /** Whatever order a hostile or future stream goes in. */
    @Property(tries = 1000)
    void anyPositionsGiveANumber(@ForAll List<@LongRange(min = 0, max = 1L << 45) Long> numbers) {
        Course course = new Course();
        GuestOutline guest = new GuestOutline(SyntheticMigration.empty(1000));
        long nanos = 0;
        for (int i = 0; i + 7 < numbers.size(); i += 8) {
            nanos += numbers.get(i);
            course.arrived(
                    nanos,
                    new StreamPosition(
                            guest,
                            (int) (numbers.get(i + 1) % 4),
                            numbers.get(i + 2),
                            numbers.get(i + 3),
                            numbers.get(i + 4),
                            numbers.get(i + 5),
                            numbers.get(i + 6),
                            false),
                    numbers.get(i + 7),
                    numbers.get(i) % 3);
            course.forecast().ifPresent(said -> {
                assertThat(said.bytes()).isNotNegative();
                assertThat(said.millis()).isNotNegative();
                assertThat(said.done()).isBetween(0.0, 1.0);
            });
        }
    }

    @Test
    void thereAreMilestonesNearATenthAndHalfOfAnyLength() {
        for (long all : new long[] {100_000, 5_000_000, 3L << 30}) {
            Milestones milestones = new Milestones();
            long step = Math.max(1000, all / 5000);
            for (long arrived = step; arrived <= all; arrived += step) {
                if (milestones.isDue(arrived)) {
                    milestones.add(arrived, arrived * 1000, new Forecast(all - arrived, 0, true, 0));
                }
            }
            PastForecast past = milestones.past("b", 0, all, all * 1000).orElseThrow();
            assertThat((double) past.early().trueBytes() / all).isCloseTo(0.9, within(0.05));
            assertThat((double) past.middle().trueBytes() / all).isCloseTo(0.5, within(0.05));
            assertThat(past.early().bytes()).isEqualTo(past.early().trueBytes());
        }
    }
}
