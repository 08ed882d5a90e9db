package io.novacron.hde.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** Puts metrics together for one answer. One thread. */
final class MetricWriter {
    private final MetricSnapshots.Builder all = MetricSnapshots.builder();

    /** The values of one metric, by labels. */
    interface Values {
        /** @param labels name and value in turn */
        Values add(double value, String... labels);

        /** The same for what is counted. */
        default Values add(long value, String... labels) {
            return add((double) value, labels);
        }

        /** All values have been added. A metric without any is left out. */
        void end();
    }

    static Labels labels(String... labels) {
        return Labels.of(labels);
    }

    /** @param name without {@code _total}, which it gets */
    Values counter(String name, String help) {
        CounterSnapshot.Builder metric = CounterSnapshot.builder().name(name).help(help);
        return values(
                (value, labels) -> metric.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .value(value)
                        .labels(labels)
                        .build()),
                metric::build);
    }

    Values gauge(String name, String help) {
        GaugeSnapshot.Builder metric = GaugeSnapshot.builder().name(name).help(help);
        return values(
                (value, labels) -> metric.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .value(value)
                        .labels(labels)
                        .build()),
                metric::build);
    }

    private Values values(BiConsumer<Double, Labels> points, Supplier<? extends MetricSnapshot> metric) {
        return new Values() {
            private boolean empty = true;

            @Override
            public Values add(double value, String... labels) {
                empty = false;
                points.accept(value, labels(labels));
                return this;
            }

            @Override
            public void end() {
                if (!empty) {
                    all.metricSnapshot(metric.get());
                }
            }
        };
    }

    void histogram(String name, String help, List<HistogramDataPointSnapshot> points) {
        if (!points.isEmpty()) {
            HistogramSnapshot.Builder metric =
                    HistogramSnapshot.builder().name(name).help(help);
            points.forEach(metric::dataPoint);
            all.metricSnapshot(metric.build());
        }
    }

    MetricSnapshots snapshots() {
        return all.build();
    }
}
