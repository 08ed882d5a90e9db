package io.novacron.hde.tunnel;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * So many bytes a second, for all who share it: each takes its turn for a small piece, so that who sends much and who sends
 * little get on alike. A leaky bucket that reserves the next free moment. Thread-safe.
 */
final class Pace {
    /** How much of what was not used can be made up for. Nanoseconds. */
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final double nanosPerByte;
    private final BooleanSupplier lifted;
    private long free;

    /** @param now of the clock by which {@link #reserve} is asked, in nanoseconds */
    Pace(long bytesPerSecond, long now) {
        this(bytesPerSecond, now, () -> false);
    }

    /** @param lifted whether it no longer counts */
    Pace(long bytesPerSecond, long now, BooleanSupplier lifted) {
        this.nanosPerByte = 1e9 / bytesPerSecond;
        this.free = now;
        this.lifted = lifted;
    }

    /** Reserves room for a piece; returns how many nanoseconds from now it may go out. */
    synchronized long reserve(long now, int bytes) {
        if (lifted.getAsBoolean()) {
            return 0;
        }
        long at = Math.max(now - BURST_NANOS, free);
        free = at + Math.round(bytes * nanosPerByte);
        return Math.max(0, at - now);
    }
}
