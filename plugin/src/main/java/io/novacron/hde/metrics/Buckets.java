package io.novacron.hde.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.List;

/** Counts by size. Not thread-safe. */
final class Buckets {
    private final List<Double> bounds;
    private final long[] counts;
    private double sum;

    /** @param bounds upper ends, inclusive and ascending; beyond the last there is one more */
    Buckets(List<Double> bounds) {
        this.bounds = bounds;
        this.counts = new long[bounds.size() + 1];
    }

    void add(double value) {
        int bucket = 0;
        while (bucket < bounds.size() && value > bounds.get(bucket)) {
            bucket++;
        }
        counts[bucket]++;
        sum += value;
    }

    HistogramDataPointSnapshot point(Labels labels) {
        return point(bounds, counts, sum, labels);
    }

    /** @param counts for each of the bounds, and one more */
    static HistogramDataPointSnapshot point(List<Double> bounds, long[] counts, double sum, Labels labels) {
        double[] upper = new double[bounds.size() + 1];
        for (int i = 0; i < bounds.size(); i++) {
            upper[i] = bounds.get(i);
        }
        upper[bounds.size()] = Double.POSITIVE_INFINITY;
        return HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(ClassicHistogramBuckets.of(upper, counts))
                .sum(sum)
                .labels(labels)
                .build();
    }
}
