package io.novacron.hde.seed;

import java.util.function.LongSupplier;

/**
 * Keeps what a process takes of the processors at a share while it does something that is not urgent: whoever does that
 * pauses as long as this says. What else the process does counts too, so that the less urgent gives way to it. One thread.
 */
public final class ProcessorShare {
    /** A shorter pause is put off: the clock that wakes a thread is no better. Nanoseconds. */
    private static final long LEAST_PAUSE = 2_000_000;

    /** What others took while this waited for something else does not hold it up any longer. Nanoseconds. */
    private static final long MOST_PAUSE = 10_000_000_000L;

    private final double processors;
    private final LongSupplier processorNanos;
    private final LongSupplier clock;
    private long used;
    private long now;

    /**
     * @param processors how many of them it may take on average: 0.25 is a quarter of one
     * @param processorNanos what the process has taken so far
     * @param clock the time, in nanoseconds
     */
    public ProcessorShare(double processors, LongSupplier processorNanos, LongSupplier clock) {
        this.processors = processors;
        this.processorNanos = processorNanos;
        this.clock = clock;
        this.used = processorNanos.getAsLong();
        this.now = clock.getAsLong();
    }

    /** How long to pause before going on, in nanoseconds; whoever asks does so. */
    public long pause() {
        long usedNow = processorNanos.getAsLong();
        long at = clock.getAsLong();
        long due = Math.round((usedNow - used) / processors);
        long pause = Math.min(MOST_PAUSE, due - (at - now));
        if (pause > 0 && pause < LEAST_PAUSE) {
            return 0;
        }
        used = usedNow;
        // the pause itself belongs to this turn
        now = at + Math.max(0, pause);
        return Math.max(0, pause);
    }
}
