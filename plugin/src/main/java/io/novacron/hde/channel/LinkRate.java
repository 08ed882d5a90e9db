package io.novacron.hde.channel;

/**
 * How fast bytes arrive and how long the way is: the most that was acknowledged in any tenth of a second of late, and
 * the shortest time from sending to acknowledgement. Times are nanoseconds of a monotonic clock. Not thread-safe.
 */
final class LinkRate {
    private static final long INTERVAL_NANOS = 100_000_000L;

    private final long[] bytes;
    private long interval = Long.MIN_VALUE;
    private long roundTripNanos = Long.MAX_VALUE;

    /** @param intervals for how many tenths of a second a best figure holds */
    LinkRate(int intervals) {
        bytes = new long[intervals];
    }

    void acknowledged(long now, long arrived, long sentAt) {
        advance(now);
        bytes[index(interval)] += arrived;
        roundTripNanos = Math.min(roundTripNanos, Math.max(1, now - sentAt));
    }

    void roundTrip(long nanos) {
        roundTripNanos = Math.min(roundTripNanos, nanos);
    }

    /** Zero while nothing is known. */
    long bytesPerSecond(long now) {
        advance(now);
        long most = 0;
        for (int i = 0; i < bytes.length; i++) {
            most = Math.max(most, bytes[i]);
        }
        return most * (1_000_000_000L / INTERVAL_NANOS);
    }

    /** Zero while nothing is known. */
    long roundTripNanos() {
        return roundTripNanos == Long.MAX_VALUE ? 0 : roundTripNanos;
    }

    private void advance(long now) {
        long current = now / INTERVAL_NANOS;
        if (interval == Long.MIN_VALUE || current - interval >= bytes.length) {
            java.util.Arrays.fill(bytes, 0);
            interval = current;
        }
        while (interval < current) {
            bytes[index(++interval)] = 0;
        }
    }

    private int index(long at) {
        return (int) Math.floorMod(at, (long) bytes.length);
    }
}
