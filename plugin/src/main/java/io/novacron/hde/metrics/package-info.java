/**
 * What a monitoring system is told, in Prometheus' form: {@code GET /metrics}, and {@code GET /healthz} for whether the
 * agent works.
 *
 * <p>Everything is read when somebody asks. Of channels {@code ChannelLedger} knows those that run and the sums of those
 * that have ended; {@code ChannelMetrics} makes metrics of both, so that counters grow while a migration runs.
 * {@code HostMetrics} tells the rest: store, baselines, dictionaries, peers, the process. {@code MetricsServer} answers
 * over HTTP. {@code docs/metrics.md} lists all metrics.
 */
package io.novacron.hde.metrics;
