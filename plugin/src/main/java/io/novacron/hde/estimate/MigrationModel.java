package io.novacron.hde.estimate;

/**
 * What becomes of a migration, round by round, as QEMU goes about it: the first round has all of the memory, each further
 * one what the guest has written during the one before, until what is left is expected to cross within the downtime
 * limit; then the guest is stopped and the rest follows.
 */
public final class MigrationModel {
    /** A page's bytes in QEMU's stream: an 8-byte word before them. */
    public static final double PAGE_RECORD = 8 + 4096;

    /** A zero page's: the word and a byte. */
    public static final double ZERO_RECORD = 8 + 1;

    /** QEMU's default {@code downtime-limit}, which libvirt leaves. Seconds. */
    private static final double DOWNTIME_LIMIT = 0.3;

    /** If a round has more of what the one before had, the next will not be better. */
    private static final double STALLS = 0.95;

    /** Looks at what is left cost QEMU some time, whatever there is. Seconds. */
    private static final double SHORTEST_ROUND = 0.01;

    private static final int MOST_ROUNDS = 1000;

    private MigrationModel() {}

    /**
     * How memory crosses on one way.
     *
     * @param streamBytes QEMU's stream of the first round
     * @param firstBytes on the link for that
     * @param firstSeconds that processors need for it at least
     * @param changedBytes on the link for a page that has changed since it crossed
     * @param sameBytes on the link for a page that was written and holds what it did
     * @param pageSeconds that processors need for a page of a later round at least
     * @param otherBytes on the link that are no memory: devices and the conversation around it
     * @param switchSeconds from the last page until the guest runs again
     */
    public record Way(
            double streamBytes,
            double firstBytes,
            double firstSeconds,
            double changedBytes,
            double sameBytes,
            double pageSeconds,
            double otherBytes,
            double switchSeconds) {}

    /**
     * What is to be expected.
     *
     * @param bytes on the link; where it does not converge, until that shows
     * @param seconds in all, likewise
     * @param downtimeSeconds of the guest; where it does not converge, if it were stopped then
     * @param rounds with the one while the guest stands still
     */
    public record Prediction(double bytes, double seconds, double downtimeSeconds, int rounds, boolean converges) {}

    /**
     * Predicts.
     *
     * @param written how many pages the guest writes in a time
     * @param changed how many of them hold something else then
     * @param linkRate bytes a second
     */
    public static Prediction predict(Way way, WriteCurve written, WriteCurve changed, double linkRate) {
        double time = Math.max(SHORTEST_ROUND, Math.max(way.firstBytes / linkRate, way.firstSeconds));
        double bytes = way.firstBytes + way.otherBytes;
        double seconds = time;
        double speed = way.streamBytes / time;
        double before = Double.MAX_VALUE;
        for (int round = 2; ; round++) {
            double dirty = written.pages(time);
            double other = Math.min(dirty, changed.pagesAfterReading(time));
            double cost = other * way.changedBytes + (dirty - other) * way.sameBytes;
            double next = Math.max(cost / linkRate, dirty * way.pageSeconds);
            boolean fits = dirty * PAGE_RECORD <= speed * DOWNTIME_LIMIT;
            boolean stalls = dirty >= STALLS * before || round == MOST_ROUNDS;
            bytes += cost;
            if (fits || stalls) {
                double downtime = next + way.switchSeconds;
                return new Prediction(bytes, seconds + downtime, downtime, round, fits);
            }
            time = Math.max(SHORTEST_ROUND, next);
            seconds += time;
            speed = dirty * PAGE_RECORD / time;
            before = dirty;
        }
    }
}
