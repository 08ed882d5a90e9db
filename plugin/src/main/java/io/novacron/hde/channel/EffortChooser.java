package io.novacron.hde.channel;

import io.novacron.hde.codec.Effort;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Chooses how hard pages are packed, so that link and processors are done at the same time: harder while the link takes
 * longer for what comes out than the processors for making it, less hard the other way round. A link faster than the
 * codec thus gets less work, not a slower migration.
 *
 * <p>There is a ladder of steps. What the present one costs and brings is measured on every segment, over the last
 * {@value #WINDOW} or so; how others compare is measured by packing one segment in {@value #TRIAL_INTERVAL} twice.
 * The link's rate is what is acknowledged while the link is what everything waits for. When it carries about as much
 * without being waited for it is taken for faster and faster; when it carries less, that says nothing of it (the samples
 * that BBR calls application-limited, draft-ietf-ccwg-bbr). In the same way the processors that there are for it are
 * the time that it got while the packers were what everything waits for, and otherwise what the host has to spare.
 * Thread-safe.
 */
final class EffortChooser {
    /** Segments that the measured figures stand for. */
    private static final int WINDOW = 100;

    private static final double WEIGHT = 2.0 / (WINDOW + 1);
    private static final double TRIAL_WEIGHT = 0.2;
    static final int TRIAL_INTERVAL = 16;
    static final int SEARCH_INTERVAL = 24;

    /** A trial of fewer pages says too little. */
    private static final int LEAST_TRIAL_PAGES = 16;

    private static final long INTERVAL_NANOS = 50_000_000L;

    /** Share of an interval that the encoder has waited in the window, above which the link is what is waited for. */
    private static final double LINK_BOUND = 0.1;

    /** How much faster a link is taken for after an interval in which it carried what it is taken for without a wait. */
    private static final double GROWTH = 1.1;

    /** Share of what a link is taken for that has to cross to tell anything of it: less than what {@link #AS_GOOD} costs. */
    private static final double TELLING = 0.8;

    /** How much faster it is taken for after each interval as long as it was never waited for. */
    private static final double FIRST_GROWTH = 1.5;

    /** Share of an interval that the encoder has waited for packers, above which the processors are what is waited for. */
    private static final double PROCESSOR_BOUND = 0.1;

    /** Share of a new reading of the processors, which look at some hundredths of a second. */
    private static final double PROCESSORS_WEIGHT = 0.2;

    /** The same where the reading is higher: what others left idle need not be what this process would get. */
    private static final double MORE_PROCESSORS_WEIGHT = 0.05;

    /** However little processor time it got in an interval. */
    private static final double LEAST_PROCESSORS = 0.05;

    private static final double FASTEST_LINK = 1e10;

    /** Of steps that take up to so many times the least, the one with the fewest bytes: others use the link too. */
    private static final double AS_GOOD = 1.15;

    /** With a link that needs less than this share of the processors' time, fewer bytes help nobody. */
    private static final double IDLE_LINK = 0.5;

    /**
     * A rung of the ladder, with how it compares to the one below before anything is measured: those figures are of a
     * guest with redis whose memory nobody holds (docs/measurements.md).
     */
    private record Step(int level, int references, double bytesRatio, double nanosRatio) {}

    private static final Step[] STEPS = {
        new Step(-5, 0, 1, 1),
        new Step(-1, 0, 0.93, 1.2),
        new Step(1, 0, 0.91, 1.2),
        new Step(3, 1, 0.88, 3),
        new Step(6, 2, 0.96, 2),
        new Step(9, 2, 0.985, 1.5),
    };

    private static final int START = 2;
    private static final int LEAST_WITH_REFERENCES = 3;

    /** What is known of pages packed at {@link #START} before any were: bytes and nanoseconds of processor time a page. */
    private static final double START_BYTES = 900;

    private static final double START_NANOS = 12_000;

    private final int fixed;
    private final LongSupplier clock;
    private final DoubleSupplier spareProcessors;
    private final double[] bytesRatios = new double[STEPS.length];
    private final double[] nanosRatios = new double[STEPS.length];
    private final int[] trials = new int[STEPS.length];
    private int step = START;
    private double bytesAPage = START_BYTES;
    private double nanosAPage = START_NANOS;
    private double encodeNanosAPage;
    private double linkRate;
    private boolean linkMeasured;
    private double processors;
    private long usedNanos;
    private long intervalBegan;
    private int segments;
    private int chosen;

    private EffortChooser(int fixed, LongSupplier clock, DoubleSupplier spareProcessors, double linkRate) {
        this.fixed = fixed;
        this.clock = clock;
        this.spareProcessors = spareProcessors;
        this.linkRate = linkRate;
        this.intervalBegan = clock.getAsLong();
        this.processors = spareProcessors.getAsDouble();
        for (int i = 0; i < STEPS.length; i++) {
            bytesRatios[i] = STEPS[i].bytesRatio;
            nanosRatios[i] = STEPS[i].nanosRatio;
        }
        linkMeasured = linkRate > 0;
        if (linkMeasured) {
            moveTo(best());
        }
    }

    /**
     * A chooser that measures.
     *
     * @param clock monotonic, in nanoseconds
     * @param spareProcessors how many processors may be used
     * @param linkRate bytes a second that the link to this peer carried the last time; 0 if that is not known
     */
    static EffortChooser automatic(LongSupplier clock, DoubleSupplier spareProcessors, double linkRate) {
        return new EffortChooser(Integer.MIN_VALUE, clock, spareProcessors, linkRate);
    }

    /** Always the same. */
    static EffortChooser fixed(int level) {
        return new EffortChooser(level, () -> 0, () -> 1, 0);
    }

    /** The effort that most segments of a channel will have that begins now. */
    synchronized Effort likely() {
        return isFixed() ? Effort.ofLevel(fixed) : effort(Math.max(START, step));
    }

    private boolean isFixed() {
        return fixed != Integer.MIN_VALUE;
    }

    /** The effort for the next segment, from what the window has seen since this was last asked. */
    synchronized Effort choose(Window window) {
        if (isFixed()) {
            return Effort.ofLevel(fixed);
        }
        long now = clock.getAsLong();
        long elapsed = now - intervalBegan;
        if (elapsed >= INTERVAL_NANOS) {
            observeLink((double) window.takeWaitedNanos() / elapsed, window.isLinkBound(), (double)
                    window.bytesPerSecond());
            observeProcessors((double) window.takeWaitedForPackersNanos() / elapsed, (double) usedNanos / elapsed);
            usedNanos = 0;
            intervalBegan = now;
            int towards = Integer.signum(best() - step);
            // what little crosses at first does not make a link thin: only one that was waited for gets more work
            if (towards < 0 || linkMeasured) {
                moveTo(step + towards);
            }
        }
        return effort(step);
    }

    /** What a page costs is then what it would have cost there; from now on it is measured there. */
    private void moveTo(int next) {
        double bytes = bytesAt(next);
        nanosAPage = nanosAt(next);
        bytesAPage = bytes;
        step = next;
    }

    /**
     * How many known pages each new page of the next segment is to be compared with: as its effort wants, and where that
     * wants none, now and then all the same, so that a trial can tell what they would bring.
     */
    synchronized int search(Effort effort) {
        if (isFixed() || effort.references() > 0) {
            return effort.references();
        }
        if (isLinkIdle()) {
            return 0;
        }
        return ++chosen % SEARCH_INTERVAL == 0 ? 1 : 0;
    }

    private void observeLink(double waited, boolean linkBound, double measured) {
        if (waited >= LINK_BOUND && linkBound) {
            linkRate = measured;
            linkMeasured = true;
        } else {
            double growth = linkMeasured ? (measured >= TELLING * linkRate ? GROWTH : 1) : FIRST_GROWTH;
            linkRate = Math.min(FASTEST_LINK, Math.max(measured, linkRate) * growth);
        }
    }

    private void observeProcessors(double waited, double used) {
        double measured = waited >= PROCESSOR_BOUND ? Math.max(LEAST_PROCESSORS, used) : spareProcessors.getAsDouble();
        double weight = measured < processors ? PROCESSORS_WEIGHT : MORE_PROCESSORS_WEIGHT;
        processors += weight * (measured - processors);
    }

    private Effort effort(int of) {
        double nanosPerByte = linkRate > 0 ? 1e9 / linkRate * processors : 0;
        return new Effort(STEPS[of].level, STEPS[of].references, nanosPerByte);
    }

    /** The hardest step at which a page takes about the least time, link and processors working side by side. */
    private int best() {
        double least = Double.MAX_VALUE;
        for (int i = 0; i < STEPS.length; i++) {
            least = Math.min(least, time(i));
        }
        for (int i = STEPS.length - 1; i > 0; i--) {
            if (time(i) <= AS_GOOD * least) {
                return i;
            }
        }
        return 0;
    }

    private double bytesAt(int at) {
        return scaled(bytesAPage, bytesRatios, at);
    }

    private double nanosAt(int at) {
        return scaled(nanosAPage, nanosRatios, at);
    }

    private double scaled(double present, double[] ratios, int at) {
        double value = present;
        for (int i = step + 1; i <= at; i++) {
            value *= ratios[i];
        }
        for (int i = step; i > at; i--) {
            value /= ratios[i];
        }
        return value;
    }

    /** Nanoseconds a page at a step. */
    private double time(int at) {
        return Math.max(linkTime(at), processorTime(at));
    }

    private double linkTime(int at) {
        return linkRate > 0 ? bytesAt(at) * 1e9 / linkRate : 0;
    }

    private double processorTime(int at) {
        return (nanosAt(at) + encodeNanosAPage) / processors;
    }

    private boolean isLinkIdle() {
        return linkMeasured && linkTime(step) < IDLE_LINK * processorTime(step);
    }

    /**
     * Another effort to be tried on a segment that was packed with this one, or null.
     *
     * @param pages new pages of the segment
     * @param searched whether pages that they resemble were found
     */
    synchronized Effort trial(Effort packed, int pages, boolean searched) {
        if (isFixed() || pages < LEAST_TRIAL_PAGES) {
            return null;
        }
        int of = stepOf(packed);
        // up and down in turn; without references there is nothing to try them with
        boolean forReferences = searched && packed.references() == 0;
        if (++segments % TRIAL_INTERVAL != 0 && !forReferences) {
            return null;
        }
        int neighbour = segments / TRIAL_INTERVAL % 2 == 0 ? of + 1 : of - 1;
        int other = forReferences ? LEAST_WITH_REFERENCES : neighbour;
        if (of < 0
                || other < 0
                || other >= STEPS.length
                || (STEPS[other].references > 0 && packed.references() == 0 && !searched)) {
            return null;
        }
        return effort(other);
    }

    private static int stepOf(Effort effort) {
        for (int i = 0; i < STEPS.length; i++) {
            if (STEPS[i].level == effort.level()) {
                return i;
            }
        }
        return -1;
    }

    /**
     * A segment has been packed.
     *
     * @param pages new pages and deltas in it
     * @param nanos processor time that took
     */
    synchronized void packed(Effort with, int pages, long bytes, long nanos) {
        usedNanos += nanos;
        // what was packed at another step is on its way out of the pipeline
        if (isFixed() || pages == 0 || stepOf(with) != step) {
            return;
        }
        bytesAPage += WEIGHT * ((double) bytes / pages - bytesAPage);
        nanosAPage += WEIGHT * ((double) nanos / pages - nanosAPage);
    }

    /** The same new pages have been packed with two efforts: the upper one's step is measured against those below. */
    synchronized void tried(Effort one, long oneBytes, long oneNanos, Effort other, long otherBytes, long otherNanos) {
        usedNanos += otherNanos;
        compare(one, oneBytes, oneNanos, other, otherBytes, otherNanos);
    }

    private void compare(Effort one, long oneBytes, long oneNanos, Effort other, long otherBytes, long otherNanos) {
        if (stepOf(one) > stepOf(other)) {
            compare(other, otherBytes, otherNanos, one, oneBytes, oneNanos);
            return;
        }
        int upper = stepOf(other);
        // what was taken for granted counts like one trial
        double weight = Math.max(TRIAL_WEIGHT, 1.0 / (++trials[upper] + 1));
        learn(bytesRatios, stepOf(one), upper, (double) otherBytes / oneBytes, weight);
        learn(nanosRatios, stepOf(one), upper, (double) otherNanos / oneNanos, weight);
    }

    private static void learn(double[] ratios, int lower, int upper, double measured, double weight) {
        double between = 1;
        for (int i = lower + 1; i < upper; i++) {
            between *= ratios[i];
        }
        ratios[upper] += weight * (measured / between - ratios[upper]);
    }

    /** Processor time that the encoder has used for a segment with so many pages to be packed. */
    synchronized void encoded(int pages, long nanos) {
        usedNanos += nanos;
        if (pages > 0) {
            encodeNanosAPage += WEIGHT * ((double) nanos / pages - encodeNanosAPage);
        }
    }

    /** Bytes a second that the link is taken for; 0 while it has never been waited for. */
    synchronized double linkRate() {
        return linkMeasured ? linkRate : 0;
    }
}
