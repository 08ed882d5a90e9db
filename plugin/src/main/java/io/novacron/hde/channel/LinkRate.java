package io.novacron.hde.channel;

/**
 * How fast the link is and how long the way: the most that was acknowledged in any tenth of a second of late, and the
 * shortest time from sending to acknowledgement. Times are nanoseconds of a monotonic clock. Not thread-safe.
 */
final class LinkRate {
    private static final long INTERVAL_NANOS = 100_000_000L;
    /** How many intervals a best figure holds: links that became slower are noticed after two seconds. */
    private static final int INTERVALS = 20;

    private final long[] bytes = new long[INTERVALS];
    private long interval = Long.MIN_VALUE;
    private long roundTripNanos = Long.MAX_VALUE;

    void acknowledged(long now, long wireBytes, long sentAt) {
        advance(now);
        bytes[index(interval)] += wireBytes;
        roundTripNanos = Math.min(roundTripNanos, Math.max(1, now - sentAt));
    }

    void roundTrip(long nanos) {
        roundTripNanos = Math.min(roundTripNanos, nanos);
    }

    /** Zero while nothing is known. */
    long bytesPerSecond(long now) {
        advance(now);
        long most = 0;
        for (int i = 0; i < INTERVALS; i++) {
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
        if (interval == Long.MIN_VALUE || current - interval >= INTERVALS) {
            java.util.Arrays.fill(bytes, 0);
            interval = current;
        }
        while (interval < current) {
            bytes[index(++interval)] = 0;
        }
    }

    private static int index(long interval) {
        return (int) Math.floorMod(interval, (long) INTERVALS);
    }
}
