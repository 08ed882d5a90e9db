package io.novacron.hde.cli;

import io.novacron.hde.control.EstimateReport;

/**
 * Whether to seed a VM before it migrates.
 *
 * @param seed whether
 * @param why for people
 */
record SeedDecision(boolean seed, String why) {
    /** A guest that stands still for less is hardly missed. */
    private static final long NOTICEABLE_DOWNTIME_MILLIS = 500;

    private static final double TIMES_THE_DOWNTIME = 2;

    /** What is over so soon need not become shorter. */
    private static final long SHORT_MILLIS = 10_000;

    private static final double TIMES_THE_TIME = 3;

    /** Decides from what the migration would cost now, and what after a seed. */
    static SeedDecision of(EstimateReport estimate) {
        EstimateReport.Way now = estimate.hde();
        EstimateReport.Way seeded = estimate.seeded();
        if (!now.converges()) {
            return seeded.converges()
                    ? new SeedDecision(true, "without it the migration would not converge")
                    : new SeedDecision(
                            false,
                            "the VM writes more than the link carries, seeded or not; the migration may not end by itself");
        }
        if (!seeded.converges()) {
            return new SeedDecision(false, "a seed would not help");
        }
        if (now.downtimeMillis() > NOTICEABLE_DOWNTIME_MILLIS
                && now.downtimeMillis() > TIMES_THE_DOWNTIME * seeded.downtimeMillis()) {
            return new SeedDecision(
                    true,
                    "the VM would stand still for " + now.downtimeMillis() + " ms, and for " + seeded.downtimeMillis()
                            + " ms after it");
        }
        if (now.totalMillis() > SHORT_MILLIS && now.totalMillis() > TIMES_THE_TIME * seeded.totalMillis()) {
            return new SeedDecision(
                    true,
                    "the migration would take " + Amounts.seconds(now.totalMillis()) + ", and "
                            + Amounts.seconds(seeded.totalMillis()) + " after it");
        }
        return new SeedDecision(
                false,
                "the migration would take " + Amounts.seconds(now.totalMillis()) + " with " + now.downtimeMillis()
                        + " ms of downtime as it is");
    }
}
