package io.novacron.hde.report;

import java.util.ArrayList;
import java.util.List;

/**
 * From values to places on the page.
 *
 * @param most the greatest value, at the far end
 * @param length of the axis, in the page's units
 */
record Axis(double most, double length) {
    private static final double[] STEPS = {1, 2, 2.5, 5, 10};

    double at(double value) {
        return most <= 0 ? 0 : length * Math.min(value, most) / most;
    }

    double at(long value) {
        return at((double) value);
    }

    /**
     * Round values, about so many.
     *
     * @param unit what they are round multiples of: 1024 for kibibytes, say
     */
    List<Double> ticks(int about, double unit) {
        List<Double> ticks = new ArrayList<>();
        if (most <= 0) {
            return ticks;
        }
        double rough = most / unit / about;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double step = power * STEPS[STEPS.length - 1];
        for (double each : STEPS) {
            if (power * each >= rough) {
                step = power * each;
                break;
            }
        }
        for (int i = 0; i * step * unit <= most * 1.0001; i++) {
            ticks.add(i * step * unit);
        }
        return ticks;
    }
}
