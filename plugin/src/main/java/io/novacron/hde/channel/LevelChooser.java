package io.novacron.hde.channel;

import java.util.function.LongSupplier;

/**
 * Chooses zstd's level by who waits for whom: while the encoder waits for the link there is time to compress better,
 * while the link waits for the encoder there is none. One step each interval. One thread.
 */
final class LevelChooser {
    private static final int[] LEVELS = {-5, -1, 1, 2, 3};
    private static final int START = 2;
    private static final long INTERVAL_NANOS = 50_000_000L;
    /** Share of an interval that the encoder has waited, above which there is time. */
    private static final double TIME_TO_SPARE = 0.4;
    /** Share below which there is none. */
    private static final double NO_TIME = 0.1;

    private final int fixed;
    private final boolean automatic;
    private int index = START;
    private final LongSupplier clock;
    private long intervalBegan;

    private LevelChooser(int fixed, boolean automatic, LongSupplier clock) {
        this.fixed = fixed;
        this.automatic = automatic;
        this.clock = clock;
        this.intervalBegan = clock.getAsLong();
    }

    /** @param clock monotonic, in nanoseconds */
    static LevelChooser automatic(LongSupplier clock) {
        return new LevelChooser(0, true, clock);
    }

    static LevelChooser fixed(int level) {
        return new LevelChooser(level, false, () -> 0);
    }

    int level(Window window) {
        if (!automatic) {
            return fixed;
        }
        long now = clock.getAsLong();
        long elapsed = now - intervalBegan;
        if (elapsed >= INTERVAL_NANOS) {
            double waited = (double) window.takeWaitedNanos() / elapsed;
            if (waited > TIME_TO_SPARE) {
                index = Math.min(index + 1, LEVELS.length - 1);
            } else if (waited < NO_TIME) {
                index = Math.max(index - 1, 0);
            }
            intervalBegan = now;
        }
        return LEVELS[index];
    }
}
