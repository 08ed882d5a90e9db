package io.novacron.hde.forecast;

/** Sums over what has arrived of late: older amounts fade, by half each {@link #HALF_LIFE_SECONDS}. Not thread-safe. */
final class LateWindow {
    private static final double HALF_LIFE_SECONDS = 2;

    private double seconds;
    private double bytes;
    private Places places = Places.NONE;

    void add(double elapsedSeconds, long arrivedBytes, Places passed) {
        double kept = Math.pow(0.5, elapsedSeconds / HALF_LIFE_SECONDS);
        seconds = kept * seconds + elapsedSeconds;
        bytes = kept * bytes + arrivedBytes;
        places = places.times(kept).plus(passed);
    }

    double seconds() {
        return seconds;
    }

    double bytes() {
        return bytes;
    }

    Places places() {
        return places;
    }
}
