package io.novacron.hde.seed;

import java.time.Duration;

/**
 * When a baseline is to be refreshed again, from what the last refresh found. What a refresh saves is what has changed and
 * then stays: pages that change all the time have to cross in the migration whatever was sent before.
 *
 * <ul>
 *   <li>Little had changed, or most of what had changed the time before has changed again: twice as long.
 *   <li>Much had changed, and most of it had not the time before: half as long.
 * </ul>
 *
 * <p>Never shorter than a quarter and never longer than twelve times of what is configured.
 */
public final class RefreshInterval {
    private static final int SHORTEST = 4;
    private static final int LONGEST = 12;

    /** Of the pages that are not zero: below it a migration hardly notices the difference. */
    private static final double LITTLE = 0.005;

    private static final double MUCH = 0.05;
    private static final double MOSTLY_HOT = 0.75;
    private static final double MOSTLY_NEW = 0.5;

    private final Duration configured;
    private Duration next;

    /** @param configured how long it is to begin with */
    public RefreshInterval(Duration configured) {
        this.configured = configured;
        this.next = configured;
    }

    /** How long to wait for the next refresh. */
    public Duration next() {
        return next;
    }

    /**
     * A refresh has ended.
     *
     * @param pages of the guest that are not zero
     * @param changed of them since the refresh before
     * @param again of these had changed in the refresh before too
     */
    public void refreshed(long pages, long changed, long again) {
        double part = (double) changed / Math.max(1, pages);
        double hot = (double) again / Math.max(1, changed);
        if (part < LITTLE || hot > MOSTLY_HOT) {
            next = shorter(next.multipliedBy(2), configured.multipliedBy(LONGEST));
        } else if (part > MUCH && hot < MOSTLY_NEW) {
            next = longer(next.dividedBy(2), configured.dividedBy(SHORTEST));
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }
}
