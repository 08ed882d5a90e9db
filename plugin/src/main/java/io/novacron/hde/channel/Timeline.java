package io.novacron.hde.channel;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * How a channel's figures grew: points at even distances, 100 ms to begin with; whenever there are too many, every other
 * one is dropped, and the distance doubles. Thread-safe.
 */
final class Timeline {
    static final int MOST_POINTS = 256;
    private static final long FIRST_DISTANCE_MILLIS = 100;

    private final List<ChannelProgress.Point> points = new ArrayList<>();
    private long distance = FIRST_DISTANCE_MILLIS;

    /**
     * Adds a point if it is time for one.
     *
     * @param millis since the channel began
     * @param point made only then
     */
    synchronized void offer(long millis, Supplier<ChannelProgress.Point> point) {
        if (points.isEmpty() || millis >= points.get(points.size() - 1).millis() + distance) {
            add(point.get());
        }
    }

    private void add(ChannelProgress.Point point) {
        points.add(point);
        if (points.size() == MOST_POINTS) {
            for (int i = points.size() - 1; i > 0; i -= 2) {
                points.remove(i);
            }
            distance *= 2;
        }
    }

    synchronized List<ChannelProgress.Point> points() {
        return List.copyOf(points);
    }

    synchronized void clear() {
        points.clear();
    }
}
