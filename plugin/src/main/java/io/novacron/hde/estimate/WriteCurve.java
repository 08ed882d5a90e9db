package io.novacron.hde.estimate;

/**
 * How many different pages a guest writes in a time. A guest that writes the same pages again and again writes the less new
 * ones the longer it goes on: between the moments at which it was looked at the number is what was seen, beyond them as if
 * it wrote some pages of a set at random, whose size is what the last look and the one at half of its time tell.
 */
public final class WriteCurve {
    /** A curve that bends less than this is straight: what two looks say of the bend is mostly chance. */
    private static final double STRAIGHT = 0.97;

    private static final int STEPS = 64;

    private final double[] seconds;
    private final double[] pages;
    private final double most;

    /**
     * A curve through what was seen.
     *
     * @param seconds since the first look, ascending, the last two apart by half of the last
     * @param pages that had been written by then; none less than the one before
     * @param most how many pages there are
     */
    public WriteCurve(double[] seconds, double[] pages, double most) {
        if (seconds.length < 2 || seconds.length != pages.length) {
            throw new IllegalArgumentException("a curve has two points or more, each with its time");
        }
        this.seconds = seconds.clone();
        this.pages = pages.clone();
        this.most = most;
        for (int i = 0; i < pages.length; i++) {
            if (!(pages[i] >= (i == 0 ? 0 : pages[i - 1])) || !(seconds[i] > (i == 0 ? 0 : seconds[i - 1]))) {
                throw new IllegalArgumentException("neither time nor pages become less");
            }
        }
    }

    /** How many different pages it writes in so many seconds. */
    public double pages(double time) {
        int last = seconds.length - 1;
        if (!(time > 0)) {
            return 0;
        }
        if (time >= seconds[last]) {
            return Math.min(most, Math.max(pages[last], beyond(time)));
        }
        int next = 0;
        while (seconds[next] < time) {
            next++;
        }
        double fromTime = next == 0 ? 0 : seconds[next - 1];
        double from = next == 0 ? 0 : pages[next - 1];
        return Math.min(most, from + (pages[next] - from) * (time - fromTime) / (seconds[next] - fromTime));
    }

    private double beyond(double time) {
        int last = seconds.length - 1;
        double half = pages(seconds[last] / 2);
        double whole = pages[last];
        if (half <= 0) {
            return whole * time / seconds[last];
        }
        double left = whole / half - 1;
        if (left <= 0) {
            return whole;
        }
        if (left >= STRAIGHT) {
            return whole * time / seconds[last];
        }
        double set = half / (1 - left);
        return set * (1 - Math.pow(left, time / (seconds[last] / 2)));
    }

    /** How many of a page each are written between the time at which it is read and the end of so many seconds, if pages
     * are read one after the other in that time. */
    public double pagesAfterReading(double time) {
        double sum = 0;
        for (int step = 0; step < STEPS; step++) {
            sum += pages(time * (step + 0.5) / STEPS);
        }
        return sum / STEPS;
    }

    /** Pages a second at first. */
    public double rate() {
        int last = seconds.length - 1;
        return pages(seconds[last] / 2) / (seconds[last] / 2);
    }
}
