package io.novacron.hde.library;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** What {@link EncoderMetrics} is taken from. Any thread. */
final class Counters {
    private static final List<Duration> BOUNDS = List.of(
            Duration.ofNanos(10_000),
            Duration.ofNanos(100_000),
            Duration.ofMillis(1),
            Duration.ofMillis(10),
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10));

    final LongAdder encoded = new LongAdder();
    final LongAdder decoded = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder bytesOriginal = new LongAdder();
    final LongAdder bytesCompressed = new LongAdder();
    final LongAdder autoSelections = new LongAdder();
    final LongAdder baselineRefreshes = new LongAdder();
    final LongAdder dictionaryUses = new LongAdder();
    final LongAdder dictionaryBytesSaved = new LongAdder();
    final LongAdder incompressibleSkips = new LongAdder();
    private final Map<String, Long> deltaHits = new TreeMap<>();
    private final AtomicLongArray times = new AtomicLongArray(BOUNDS.size() + 1);
    private final LongAdder totalNanos = new LongAdder();

    void delta(String algorithm) {
        synchronized (deltaHits) {
            deltaHits.merge(algorithm, 1L, Long::sum);
        }
    }

    void time(long nanos) {
        int place = 0;
        while (place < BOUNDS.size() && nanos > BOUNDS.get(place).toNanos()) {
            place++;
        }
        times.incrementAndGet(place);
        totalNanos.add(nanos);
    }

    EncoderMetrics snapshot(BaselineCache baselines, Dictionaries dictionaries) {
        Map<String, Long> hits;
        synchronized (deltaHits) {
            hits = Map.copyOf(deltaHits);
        }
        Long[] counts = new Long[times.length()];
        Arrays.setAll(counts, times::get);
        return new EncoderMetrics(
                encoded.sum(),
                decoded.sum(),
                refused.sum(),
                bytesOriginal.sum(),
                bytesCompressed.sum(),
                hits,
                autoSelections.sum(),
                baselines.count(),
                baselines.bytes(),
                baselineRefreshes.sum(),
                dictionaryUses.sum(),
                dictionaryBytesSaved.sum(),
                dictionaries.trained(),
                incompressibleSkips.sum(),
                new EncoderMetrics.Times(BOUNDS, List.of(counts), Duration.ofNanos(totalNanos.sum())));
    }
}
