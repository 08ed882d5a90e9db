package io.novacron.hde.forecast;

import java.util.Optional;

/**
 * What was forecast on the way, each time that a certain number of bytes had arrived. Where a migration ends is not known
 * beforehand, so there are some tens of them at any length: when there are too many, every second goes. Not thread-safe.
 */
final class Milestones {
    private static final int MOST = 64;
    private static final long FIRST_SPACING = 4096;

    private final long[] bytes = new long[MOST];
    private final long[] nanos = new long[MOST];
    private final Forecast[] forecasts = new Forecast[MOST];
    private long spacing = FIRST_SPACING;
    private int count;

    boolean isDue(long arrived) {
        return arrived >= (count == 0 ? 0 : bytes[count - 1]) + spacing;
    }

    void add(long arrived, long afterNanos, Forecast forecast) {
        if (count == MOST) {
            for (int i = 0; i < MOST / 2; i++) {
                bytes[i] = bytes[2 * i];
                nanos[i] = nanos[2 * i];
                forecasts[i] = forecasts[2 * i];
            }
            count = MOST / 2;
            spacing *= 2;
        }
        bytes[count] = arrived;
        nanos[count] = afterNanos;
        forecasts[count++] = forecast;
    }

    Optional<PastForecast> past(String peer, double firstTimeBytes, long allBytes, long allNanos) {
        if (count == 0) {
            return Optional.empty();
        }
        return Optional.of(new PastForecast(
                peer,
                firstTimeBytes,
                nearest(PastForecast.EARLY, allBytes, allNanos),
                nearest(PastForecast.MIDDLE, allBytes, allNanos)));
    }

    private PastForecast.Said nearest(double part, long allBytes, long allNanos) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (Math.abs(bytes[i] - part * allBytes) < Math.abs(bytes[best] - part * allBytes)) {
                best = i;
            }
        }
        Forecast said = forecasts[best];
        return new PastForecast.Said(
                said.converges() ? said.bytes() : PastForecast.Said.NOTHING,
                said.converges() ? said.millis() : PastForecast.Said.NOTHING,
                allBytes - bytes[best],
                (allNanos - nanos[best]) / 1_000_000);
    }
}
