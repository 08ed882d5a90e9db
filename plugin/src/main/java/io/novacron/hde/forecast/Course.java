package io.novacron.hde.forecast;

import io.novacron.hde.codec.GuestOutline;
import io.novacron.hde.codec.StreamPosition;
import java.util.Optional;

/**
 * The course of one migration: what has arrived, and from that, about what remains. Thread-safe; a batch costs a few
 * additions.
 *
 * <p>In the first round QEMU goes through all pages. What remains of it costs as much for each page as those before it,
 * the late ones counting double, where a page that the agreed baseline has counts as far as such pages had changed.
 * Without a baseline nothing is known of where the guest has content, and what other guests without one took counts too,
 * the more the less certain that is which has been seen. In each later round come the pages that the guest has written while the one before
 * took its time. As long as the guest writes at the same rate, and a page takes the same time, rounds become shorter by
 * the same factor, until what is left fits in the downtime. Where that factor is hardly below one the migration does not
 * converge. Before the first later round nothing is known of what the guest writes, and nothing is added for it.
 */
public final class Course {
    /** QEMU's downtime-limit where nothing is said: what takes no longer is sent while the guest stands still. */
    private static final double DOWNTIME_SECONDS = 0.3;

    /** Rounds that shrink by less than this factor do not end. */
    private static final double HARDLY_LESS = 0.95;

    private static final int MOST_ROUNDS = 200;

    /** A round that took less is taken for one that took this long: batches arrive no more often. */
    private static final double LEAST_ROUND_SECONDS = 0.02;

    /** What is known beforehand of a round counts as much as this part of the round itself. */
    private static final double PRIOR_PART = 0.1;

    /** What is known beforehand of a later page counts as much as so many pages. */
    private static final double PRIOR_PAGES = 64;

    /** However many pages were kept, some of the next may not be. */
    private static final double LEAST_CHANGED = 0.01;

    /** Which part of the pages that are zero in the baseline is thought to be filled now. */
    private static final double ZERO_NOW_FILLED = 0.02;

    /** How far guests lie from each other in what a first time costs. */
    private static final double SPREAD_OF_OTHERS = 0.3;

    /** How many parts a guest's memory has that are each alike in themselves and unlike the others. */
    private static final double REGIONS = 4;

    private final Milestones milestones = new Milestones();
    private final LateWindow late = new LateWindow();
    private StreamPosition position;
    private Places passed = Places.NONE;
    private long beganNanos;
    private long lastNanos;
    private long linkBytesPerSecond;
    private double othersBytes = -1;
    private long bytes;
    private long firstRoundBytes;
    private double laterBytes;
    private double laterPages;
    private double laterSeconds;
    // when this round and the two before it began
    private long roundBeganNanos;
    private double lastRoundSeconds;
    private double writtenPerSecond;

    /**
     * A batch has arrived, in the order of the stream.
     *
     * @param nanos now, monotonic
     * @param to how far the stream had come with it, or null while nothing is known of the guest
     * @param wireBytes of the batch
     * @param linkRate what the link carries at its best, bytes a second; 0 while that is not known
     */
    public synchronized void arrived(long nanos, StreamPosition to, long wireBytes, long linkRate) {
        if (to == null) {
            return;
        }
        if (position == null) {
            beganNanos = nanos;
            lastNanos = nanos;
            roundBeganNanos = nanos;
        }
        double elapsed = Math.max(0, nanos - lastNanos) / 1e9;
        linkBytesPerSecond = linkRate;
        bytes += wireBytes;
        if (to.round() <= 1) {
            Places now = Places.first(to.guest(), to.passed());
            late.add(elapsed, wireBytes, now.minus(passed));
            passed = now;
            firstRoundBytes = bytes;
        } else {
            if (position == null || to.round() != position.round()) {
                beginRound(nanos, to);
            }
            long newPages = Math.max(0, to.pages() - (position == null ? 0 : position.pages()));
            double fading = PRIOR_PAGES * 16 / (PRIOR_PAGES * 16 + newPages);
            laterBytes = fading * laterBytes + wireBytes;
            laterPages = fading * laterPages + newPages;
            laterSeconds = fading * laterSeconds + elapsed;
        }
        position = to;
        lastNanos = nanos;
        if (milestones.isDue(bytes)) {
            milestones.add(bytes, nanos - beganNanos, forecast().orElse(Forecast.ENDLESS));
        }
    }

    private void beginRound(long nanos, StreamPosition to) {
        double seconds = Math.max(LEAST_ROUND_SECONDS, (nanos - roundBeganNanos) / 1e9);
        // the pages of the round that has ended were written during the one before it
        writtenPerSecond = to.round() == 2 || lastRoundSeconds == 0 ? 0 : to.lastRoundPages() / lastRoundSeconds;
        lastRoundSeconds = seconds;
        roundBeganNanos = nanos;
    }

    /** What remains; empty while too little is known. */
    public synchronized Optional<Forecast> forecast() {
        if (position == null || position.round() == 0 || bytes == 0) {
            return Optional.empty();
        }
        if (position.complete()) {
            return Optional.of(new Forecast(0, 0, true, 1));
        }
        return Optional.of(position.round() == 1 ? firstRound() : laterRounds());
    }

    /**
     * What is known of other guests that migrated without a baseline.
     *
     * @param firstTimeBytes wire bytes of a first round for each page of the guest
     */
    public synchronized void others(double firstTimeBytes) {
        othersBytes = firstTimeBytes;
    }

    /** What it said on the way, once it has ended; empty if that was too little. */
    public synchronized Optional<PastForecast> past(String peer) {
        return milestones.past(peer, firstTimeBytes(), bytes, lastNanos - beganNanos);
    }

    private double firstTimeBytes() {
        if (position == null || position.guest().pages() == 0 || hasBaseline(position.guest())) {
            return PastForecast.WITH_A_BASELINE;
        }
        return (double) firstRoundBytes / position.guest().pages();
    }

    private static boolean hasBaseline(GuestOutline guest) {
        return guest.content(guest.pages()) > 0;
    }

    private Forecast firstRound() {
        GuestOutline guest = position.guest();
        Places all = Places.first(guest, guest.pages());
        Places ahead = all.minus(passed);
        double overall = perCost((double) firstRoundBytes, passed, all);
        double lately = perCost(late.bytes(), late.places(), all);
        double rate = lately < 0 ? overall : (overall + 2 * lately) / 3;
        double restBytes = Math.max(0, rate) * cost(ahead, all);
        if (othersBytes >= 0 && !hasBaseline(guest)) {
            restBytes = withOthers(restBytes, all);
        }
        // after a long pause there is next to nothing left in the window to tell it from
        double ofWork = late.places().count() >= 1
                ? notOfTheLink(late.seconds(), late.bytes()) / late.places().work()
                : 0;
        return of(restBytes, restBytes * secondsPerByte() + ahead.work() * ofWork);
    }

    /**
     * Where in memory the content is can be anywhere; how much there is, is more alike. So both guesses count by the
     * inverse of their variance: that of what was seen is that of a few independent regions. A guest that has taken as
     * much as the others already is one that takes more.
     */
    private double withOthers(double asSeen, Places all) {
        double ofOthers = othersBytes * all.count();
        double unseen = 1 - Math.min(1, passed.count() / Math.max(1, all.count()));
        double asOthers = Math.max(ofOthers - firstRoundBytes, SPREAD_OF_OTHERS * firstRoundBytes * unseen);
        double othersVariance = Math.pow(SPREAD_OF_OTHERS * Math.max(ofOthers, (double) firstRoundBytes), 2);
        double regions = Math.max(1, REGIONS * passed.count() / Math.max(1, all.count()));
        double seenVariance = asSeen * asSeen / regions;
        double both = othersVariance + seenVariance;
        return both > 0 ? (asOthers * seenVariance + asSeen * othersVariance) / both : 0;
    }

    /** Less than 0 where there is nothing to tell it from. */
    private double perCost(double ofBytes, Places ofPlaces, Places all) {
        return ofPlaces.count() >= 1 ? ofBytes / cost(ofPlaces, all) : -1;
    }

    private double cost(Places places, Places all) {
        double changed = passed.content() < 1 ? 1 : Math.max(LEAST_CHANGED, 1 - position.kept() / passed.content());
        double present = all.content() + all.zero();
        double filled = present < 1 ? 1 : Math.max(LEAST_CHANGED, all.content() / present);
        return places.cost(changed, filled, ZERO_NOW_FILLED);
    }

    private Forecast laterRounds() {
        GuestOutline guest = position.guest();
        double places = (double) Math.max(1, guest.pages());
        double part = Math.min(1, position.passed() / places);
        double thisRound;
        if (writtenPerSecond > 0) {
            double expected = Math.min(places, writtenPerSecond * lastRoundSeconds);
            thisRound = (position.roundPages() + PRIOR_PART * expected) / (part + PRIOR_PART);
        } else {
            thisRound = position.roundPages() / Math.max(PRIOR_PART, part);
        }
        thisRound = Math.min(places, thisRound);
        double rest = thisRound * (1 - part);
        double rate = thisRound / lastRoundSeconds;
        double firstPages = (double) Math.max(1, position.pages() - position.roundPages());
        double perPage = (laterBytes + PRIOR_PAGES * firstRoundBytes / firstPages) / (laterPages + PRIOR_PAGES);
        double secondsPerPage =
                perPage * secondsPerByte() + (laterPages > 0 ? notOfTheLink(laterSeconds, laterBytes) / laterPages : 0);

        if (thisRound * secondsPerPage <= DOWNTIME_SECONDS) {
            // the guest stands still
            return of(rest * perPage, rest * secondsPerPage);
        }
        double pagesLeft = rest;
        double roundSeconds = (lastNanos - roundBeganNanos) / 1e9 + rest * secondsPerPage;
        for (int round = 0; round < MOST_ROUNDS; round++) {
            double next = Math.min(places, rate * roundSeconds);
            pagesLeft += next;
            roundSeconds = next * secondsPerPage;
            if (roundSeconds <= DOWNTIME_SECONDS) {
                return of(pagesLeft * perPage, pagesLeft * secondsPerPage);
            }
            if (rate * secondsPerPage >= HARDLY_LESS) {
                return Forecast.ENDLESS;
            }
        }
        return Forecast.ENDLESS;
    }

    private double secondsPerByte() {
        return linkBytesPerSecond > 0 ? 1.0 / linkBytesPerSecond : 0;
    }

    /** What of this time is not explained by the link's being busy. */
    private double notOfTheLink(double seconds, double ofBytes) {
        return Math.max(0, seconds - ofBytes * secondsPerByte());
    }

    private Forecast of(double restBytes, double restSeconds) {
        // A cast of what is too large for a long gives the largest.
        return new Forecast((long) restBytes, (long) (restSeconds * 1000), true, bytes / (bytes + restBytes));
    }
}
