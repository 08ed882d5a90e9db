package io.novacron.hde.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class WriteCurveTest {
    private static final double[] LOOKS = {0.25, 0.5, 1, 2};

    /** A guest that writes pages of a set at random. */
    private static double written(double set, double rate, double seconds) {
        return set * (1 - Math.exp(-rate * seconds / set));
    }

    private static WriteCurve seen(double set, double rate, double most) {
        double[] pages = new double[LOOKS.length];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = written(set, rate, LOOKS[i]);
        }
        return new WriteCurve(LOOKS, pages, most);
    }

    @Property
    void aSetOfPagesIsFoundWhereItShows(
            @ForAll @DoubleRange(min = 100, max = 1e6) double set,
            @ForAll @DoubleRange(min = 0.1, max = 2) double share,
            @ForAll @DoubleRange(min = 2, max = 100) double seconds) {
        WriteCurve curve = seen(set, set * share, 1e9);
        assertThat(curve.pages(seconds)).isCloseTo(written(set, set * share, seconds), Percentage.withPercentage(1));
    }

    @Property
    void itNeverFallsAndHasNoMoreThanThereIs(
            @ForAll @DoubleRange(min = 0, max = 1e5) double first,
            @ForAll @DoubleRange(min = 0, max = 1e5) double more,
            @ForAll @DoubleRange(min = 0, max = 50) double time,
            @ForAll @DoubleRange(min = 0, max = 50) double longer) {
        double most = 1.5e5;
        WriteCurve curve = new WriteCurve(LOOKS, new double[] {first / 2, first, first + more / 2, first + more}, most);
        double pages = curve.pages(time);
        assertThat(pages).isBetween(0.0, most);
        assertThat(curve.pages(time + longer)).isGreaterThanOrEqualTo(pages - 1e-6);
        assertThat(curve.pagesAfterReading(time)).isBetween(0.0, pages + 1e-6);
    }

    @Test
    void betweenTheLooksItIsWhatWasSeen() {
        WriteCurve curve = new WriteCurve(LOOKS, new double[] {10, 10, 30, 40}, 1000);
        assertThat(curve.pages(0)).isZero();
        assertThat(curve.pages(0.125)).isEqualTo(5);
        assertThat(curve.pages(0.4)).isEqualTo(10);
        assertThat(curve.pages(0.75)).isEqualTo(20);
        assertThat(curve.pages(2)).isEqualTo(40);
        assertThat(curve.rate()).isEqualTo(30);
    }

    @Test
    void whatGoesStraightOnGoesOnSo() {
        WriteCurve curve = new WriteCurve(LOOKS, new double[] {25, 50, 100, 200}, 1000);
        assertThat(curve.pages(5)).isEqualTo(500);
        assertThat(curve.pages(50)).isEqualTo(1000);
        assertThat(curve.pagesAfterReading(2)).isCloseTo(100, within(1.0));
    }

    @Test
    void nothingIsWrittenByWhoWritesNothing() {
        WriteCurve curve = new WriteCurve(LOOKS, new double[4], 1000);
        assertThat(curve.pages(100)).isZero();
        assertThat(curve.rate()).isZero();
    }

    @Test
    void looksThatCannotBeAreRefused() {
        assertThatThrownBy(() -> new WriteCurve(LOOKS, new double[] {1, 2, 1, 3}, 9))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new WriteCurve(new double[] {1, 1}, new double[2], 9))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new WriteCurve(new double[] {1}, new double[1], 9))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
