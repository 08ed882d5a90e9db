package io.novacron.hde.forecast;

import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.RecordLog;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last forecasts and how wrong they were, in memory and in the page store. Thread-safe. */
public final class ForecastHistory {
    private static final Logger LOG = LoggerFactory.getLogger(ForecastHistory.class);

    static final String AREA = "forecasts";
    static final int MOST = 100;

    /** This part of the past forecasts was no worse than the error that is shown. */
    private static final double PERCENTILE = 0.8;

    /** A forecast made before so much has arrived is compared with those made at a tenth, later with those at half. */
    private static final double EARLY_UNTIL = 0.3;

    private final RecordLog stored;
    // oldest first
    private final Deque<PastForecast> past = new ArrayDeque<>();

    /** Reads what the store has. */
    public ForecastHistory(PageStore store) {
        this.stored = new RecordLog(store, AREA, MOST);
        stored.forEach(value -> PastForecast.read(value).ifPresent(this::remember));
    }

    private void remember(PastForecast forecast) {
        past.addLast(forecast);
        if (past.size() > MOST) {
            past.removeFirst();
        }
    }

    /** Keeps another one, and no more than the last {@link #MOST}. */
    public synchronized void add(PastForecast forecast) {
        remember(forecast);
        if (!stored.add(forecast.value())) {
            LOG.debug("The error of a forecast could not be stored");
        }
    }

    /**
     * How far from it what comes may lie, as a part of it: 80 % of the past forecasts at this stage for this peer were no
     * worse, or, where there are none, of those for all peers. Empty where there are none either.
     */
    public synchronized OptionalDouble error(String peer, Forecast forecast) {
        boolean early = forecast.done() < EARLY_UNTIL;
        OptionalDouble ofPeer = percentile(early, each -> each.peer().equals(peer));
        return ofPeer.isPresent() ? ofPeer : percentile(early, each -> true);
    }

    private OptionalDouble percentile(boolean early, Predicate<PastForecast> which) {
        double[] errors = past.stream()
                .filter(which)
                .map(each -> (early ? each.early() : each.middle()).error())
                .filter(OptionalDouble::isPresent)
                .mapToDouble(OptionalDouble::getAsDouble)
                .sorted()
                .toArray();
        return errors.length == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(errors[(int) Math.ceil(PERCENTILE * errors.length) - 1]);
    }

    /** What a page of a guest has cost in the first round where there was no baseline, the median; empty without a past. */
    public synchronized OptionalDouble firstTimeBytes() {
        double[] costs = past.stream()
                .mapToDouble(PastForecast::firstTimeBytes)
                .filter(cost -> cost >= 0)
                .sorted()
                .toArray();
        return costs.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(costs[costs.length / 2]);
    }

    /** The newest; empty if there is none. */
    public synchronized Optional<PastForecast> newest() {
        return Optional.ofNullable(past.peekLast());
    }
}
