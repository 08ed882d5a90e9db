package io.novacron.hde.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.novacron.hde.estimate.MigrationModel.Prediction;
import io.novacron.hde.estimate.MigrationModel.Way;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class MigrationModelTest {
    private static final double MIB = 1 << 20;
    private static final double RECORD = MigrationModel.PAGE_RECORD;

    /** Pages a second, never the same ones. */
    private static WriteCurve writes(double rate) {
        return new WriteCurve(new double[] {1, 2}, new double[] {rate, 2 * rate}, 1e9);
    }

    private static Way plain(double pages) {
        return new Way(pages * RECORD, pages * RECORD, 0, RECORD, RECORD, 0, 0, 0);
    }

    private static Prediction predict(Way way, double rate, double link) {
        return MigrationModel.predict(way, writes(rate), writes(rate), link);
    }

    @Test
    void aGuestThatWritesNothingCrossesOnce() {
        Prediction idle = predict(plain(10_000), 0, 10 * MIB);
        assertThat(idle.bytes()).isEqualTo(10_000 * RECORD);
        assertThat(idle.seconds()).isCloseTo(10_000 * RECORD / (10 * MIB), within(0.001));
        assertThat(idle.downtimeSeconds()).isZero();
        assertThat(idle.rounds()).isEqualTo(2);
        assertThat(idle.converges()).isTrue();
    }

    @Test
    void whatIsWrittenMeanwhileCrossesAgainUntilItFits() {
        // half of what the link carries: each round has half as many pages as the one before, and they are half old
        Prediction half = predict(plain(10 * MIB / RECORD), 0.5 * MIB / RECORD, MIB);
        assertThat(half.converges()).isTrue();
        assertThat(half.rounds()).isGreaterThan(3);
        assertThat(half.bytes()).isBetween(15 * MIB, 21 * MIB);
        assertThat(half.downtimeSeconds()).isLessThanOrEqualTo(0.3);
    }

    @Test
    void aGuestThatWritesFasterThanTheLinkDoesNotConverge() {
        assertThat(predict(plain(10 * MIB / RECORD), 2 * MIB / RECORD, MIB).converges())
                .isFalse();
    }

    @Test
    void theSameGuestConvergesWhereItsPagesAreSmallOnTheWire() {
        double rate = 2 * MIB / RECORD;
        Way hde = new Way(10 * MIB, MIB, 0.1, 200, 1, 1e-5, 0, 0.05);
        Prediction small = predict(hde, rate, MIB);
        assertThat(small.converges()).isTrue();
        assertThat(small.downtimeSeconds()).isGreaterThanOrEqualTo(0.05);
    }

    @Test
    void processorsThatAreSlowerThanTheLinkAreWaitedFor() {
        Way slow = new Way(10 * MIB, MIB, 7, 200, 1, 1e-3, 1000, 0);
        Prediction prediction = predict(slow, 10, 1000 * MIB);
        assertThat(prediction.seconds()).isBetween(7.0, 8.0);
        assertThat(prediction.bytes()).isBetween(MIB + 1000, MIB + 1000 + 71 * 200);
    }

    @Property
    void aFasterLinkIsNeverSlower(
            @ForAll @DoubleRange(min = 100, max = 1e6) double pages,
            @ForAll @DoubleRange(min = 0, max = 1e4) double rate,
            @ForAll @DoubleRange(min = 1e5, max = 1e9) double link) {
        Prediction slow = predict(plain(pages), rate, link);
        Prediction fast = predict(plain(pages), rate, 2 * link);
        assertThat(slow.bytes()).isGreaterThanOrEqualTo(pages * RECORD);
        assertThat(slow.seconds()).isGreaterThanOrEqualTo(slow.downtimeSeconds());
        if (slow.converges()) {
            assertThat(fast.converges()).isTrue();
            assertThat(fast.bytes()).isLessThanOrEqualTo(slow.bytes() * 1.000001);
        }
    }
}
