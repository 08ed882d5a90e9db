package io.novacron.hde.baseline;

import java.time.Duration;

/**
 * How many baselines are kept, and for how long. The page store's size limit drops the least recently used ones earlier.
 *
 * @param generations baselines of one VM that migrations with one peer have left, 1 or more
 * @param maxAge since the capture
 */
public record BaselineLimits(int generations, Duration maxAge) {
    /** 3 generations, 7 days. */
    public static final BaselineLimits DEFAULT = new BaselineLimits(3, Duration.ofDays(7));

    public BaselineLimits {
        if (generations < 1) {
            throw new IllegalArgumentException(
                    "Baseline limit generations is " + generations + ", but must be 1 or more");
        }
        if (maxAge.isNegative() || maxAge.isZero()) {
            throw new IllegalArgumentException("Baseline limit maxAge is " + maxAge + ", but must be more than 0");
        }
    }
}
