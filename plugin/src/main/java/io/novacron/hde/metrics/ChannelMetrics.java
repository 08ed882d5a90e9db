package io.novacron.hde.metrics;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.PackCounts;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Metrics of channels and migrations. */
public final class ChannelMetrics implements MultiCollector {
    private static final String DELTA = "delta-";
    private static final String REFERENCED = "referenced-";
    private static final String STORED = "stored";

    private final ChannelLedger ledger;
    private final boolean deltasAreChosen;

    /** @param deltasAreChosen whether the delta algorithm is chosen by measurement */
    public ChannelMetrics(ChannelLedger ledger, boolean deltasAreChosen) {
        this.ledger = ledger;
        this.deltasAreChosen = deltasAreChosen;
    }

    @Override
    public MetricSnapshots collect() {
        MetricWriter writer = new MetricWriter();
        ChannelLedger.View view = ledger.view();
        bytes(writer, view.channels());
        pages(writer, view.channels());
        tunnels(writer, view.channels());
        packing(writer, view.channels());
        migrations(writer, view);
        running(writer, view.running());
        ledger.writeTimes(writer);
        return writer.snapshots();
    }

    private static void each(
            MetricWriter.Values values, Map<ChannelKey, ChannelSum> channels, ToLongFunction<ChannelSum> value) {
        channels.forEach((key, sum) -> values.add(
                value.applyAsLong(sum), "peer", key.peer(), "direction", key.direction(), "type", key.type()));
        values.end();
    }

    private static void bytes(MetricWriter writer, Map<ChannelKey, ChannelSum> channels) {
        each(
                writer.counter("hde_bytes_original", "Bytes of QEMU's streams, read here or written here."),
                channels,
                ChannelSum::original);
        each(
                writer.counter(
                        "hde_bytes_compressed", "Bytes of messages that crossed for them, both ways, without TLS."),
                channels,
                ChannelSum::compressed);
        each(writer.counter("hde_bytes_saved", "Bytes that did not have to cross."), channels, ChannelSum::saved);
        MetricWriter.Values ratio = writer.gauge(
                "hde_compression_ratio", "hde_bytes_original_total by hde_bytes_compressed_total, of VMs' channels.");
        byDirection(channels).forEach((direction, sum) -> {
            if (sum.compressed() > 0) {
                ratio.add((double) sum.original() / sum.compressed(), "direction", direction);
            }
        });
        ratio.end();
    }

    private static Map<String, ChannelSum> byDirection(Map<ChannelKey, ChannelSum> channels) {
        Map<String, ChannelSum> sums = new HashMap<>();
        channels.forEach((key, sum) -> {
            if (!key.type().equals("control")) {
                sums.merge(key.direction(), sum, ChannelSum::plus);
            }
        });
        return sums;
    }

    private static void pages(MetricWriter writer, Map<ChannelKey, ChannelSum> channels) {
        MetricWriter.Values pages = writer.counter("hde_pages", "Pages of 4 KiB by the tier in which they crossed.");
        channels.forEach((key, sum) -> sum.pages().forEach((tier, count) -> {
            if (!key.type().equals("control")) {
                pages.add(
                        count,
                        "peer",
                        key.peer(),
                        "direction",
                        key.direction(),
                        "type",
                        key.type(),
                        "tier",
                        word(tier));
            }
        }));
        pages.end();
        MetricWriter.Values hits = writer.counter(
                "hde_delta_hits",
                "Pages, zero pages aside, that were made of what the receiver had: tiers kept, known and delta.");
        MetricWriter.Values rate =
                writer.gauge("hde_delta_hit_rate", "hde_delta_hits_total as a share of all pages that are not zero.");
        byDirection(channels).forEach((direction, sum) -> {
            hits.add(sum.hits(), "direction", direction);
            if (sum.notZero() > 0) {
                rate.add((double) sum.hits() / sum.notZero(), "direction", direction);
            }
        });
        hits.end();
        rate.end();
        MetricWriter.Values refreshes = writer.counter(
                "hde_baseline_refreshes", "Baselines that migrations have made, of memory and of disks.");
        byDirection(channels).forEach((direction, sum) -> refreshes.add(sum.baselines(), "direction", direction));
        refreshes.end();
    }

    private static String word(Tier tier) {
        return tier.name().toLowerCase(Locale.ROOT);
    }

    private static void tunnels(MetricWriter writer, Map<ChannelKey, ChannelSum> channels) {
        each(
                writer.counter("hde_tunnel_resumes", "How often channels went on over a new connection."),
                channels,
                ChannelSum::resumes);
        each(
                writer.counter("hde_naks", "Batches that could not be rebuilt and were sent again raw."),
                channels,
                ChannelSum::naks);
        each(
                writer.counter(
                        "hde_passed_through_channels", "Channels whose stream, or the rest of it, passed as it was."),
                channels,
                ChannelSum::passedThrough);
    }

    /** What packers have done for all channels: the peer makes no difference to them. */
    private void packing(MetricWriter writer, Map<ChannelKey, ChannelSum> channels) {
        ChannelSum all = channels.values().stream().reduce(ChannelSum.NONE, ChannelSum::plus);
        long plainFrames = 0;
        long withDictionary = 0;
        long stored = 0;
        Map<PackCounts.Form, PackCounts.Sum> forms = new HashMap<>();
        for (DeltaAlgorithms algorithm : DeltaAlgorithms.values()) {
            forms.put(new PackCounts.Form(DELTA + algorithm.algorithmName(), false), new PackCounts.Sum(0, 0, 0));
            forms.put(new PackCounts.Form(REFERENCED + algorithm.algorithmName(), false), new PackCounts.Sum(0, 0, 0));
        }
        forms.putAll(all.packed().forms());
        MetricWriter.Values deltas = writer.counter(
                "hde_deltas",
                "Pages that were encoded against others: each against one (form delta), or a frame against several "
                        + "(referenced).");
        MetricWriter.Values chosen = writer.counter(
                "hde_auto_selects", "Frames of deltas for which the algorithm was chosen by measurement.");
        for (Map.Entry<PackCounts.Form, PackCounts.Sum> each : forms.entrySet()) {
            String form = each.getKey().name();
            PackCounts.Sum sum = each.getValue();
            if (form.startsWith(DELTA)) {
                String algorithm = algorithm(form.substring(DELTA.length()));
                deltas.add(sum.pages(), "form", "delta", "algorithm", algorithm);
                if (deltasAreChosen) {
                    chosen.add(sum.frames(), "algorithm", algorithm);
                }
            } else if (form.startsWith(REFERENCED)) {
                deltas.add(
                        sum.pages(), "form", "referenced", "algorithm", algorithm(form.substring(REFERENCED.length())));
            } else {
                plainFrames += sum.frames();
                withDictionary += each.getKey().dictionary() ? sum.frames() : 0;
                stored += form.equals(STORED) ? sum.pages() : 0;
            }
        }
        deltas.end();
        chosen.end();
        writer.counter(
                        "hde_incompressible_skips",
                        "Pages that crossed as they are because they did not become smaller.")
                .add(stored)
                .end();
        writer.counter("hde_level_adjustments", "How often a channel's compression level has changed.")
                .add(all.levels())
                .end();
        writer.counter("hde_dictionary_frames", "Frames of new pages that a trained dictionary was used for.")
                .add(withDictionary)
                .end();
        if (plainFrames > 0) {
            writer.gauge("hde_dictionary_efficiency", "hde_dictionary_frames_total as a share of frames of new pages.")
                    .add((double) withDictionary / plainFrames)
                    .end();
        }
        if (!all.packed().batchesByTime().isEmpty()) {
            long[] counts = all.packed().batchesByTime().stream()
                    .mapToLong(Long::longValue)
                    .toArray();
            writer.histogram(
                    "hde_compression_seconds",
                    "Processor time that packing a batch took, at most 1 MiB of a stream.",
                    List.of(Buckets.point(
                            PackCounts.TIME_BOUNDS, counts, all.packed().seconds(), MetricWriter.labels())));
        }
    }

    /** Of another release's form on the wire the word that people use. */
    private static String algorithm(String name) {
        return DeltaAlgorithms.byName(name).map(DeltaAlgorithms::word).orElse(name);
    }

    private static void migrations(MetricWriter writer, ChannelLedger.View view) {
        MetricWriter.Values migrations = writer.counter("hde_migrations", "Migrations of VMs that have ended.");
        view.migrations()
                .forEach((key, count) -> migrations.add(
                        count, "peer", key.peer(), "direction", key.direction(), "outcome", key.outcome()));
        migrations.end();
        MetricWriter.Values ofVm =
                writer.counter("hde_vm_migrations", "Migrations of a VM, of the last VMs that migrated.");
        MetricWriter.Values original = writer.counter("hde_vm_bytes_original", "hde_bytes_original_total of a VM.");
        MetricWriter.Values compressed =
                writer.counter("hde_vm_bytes_compressed", "hde_bytes_compressed_total of a VM.");
        MetricWriter.Values last =
                writer.gauge("hde_vm_last_migration_timestamp_seconds", "When a VM's last migration has ended.");
        view.vms().forEach((key, sum) -> {
            String[] labels = {"vm", key.vm(), "direction", key.direction()};
            ofVm.add(sum.completed(), "vm", key.vm(), "direction", key.direction(), "outcome", "completed");
            ofVm.add(sum.failed(), "vm", key.vm(), "direction", key.direction(), "outcome", "failed");
            original.add(sum.original(), labels);
            compressed.add(sum.compressed(), labels);
            if (sum.lastEnd() > 0) {
                last.add(sum.lastEnd() / 1000.0, labels);
            }
        });
        ofVm.end();
        original.end();
        compressed.end();
        last.end();
    }

    private static void running(MetricWriter writer, List<ChannelProgress> running) {
        Map<ChannelKey, Long> counts = new HashMap<>();
        Map<String, Long> rates = new HashMap<>();
        MetricWriter.Values level = writer.gauge("hde_compression_level", "zstd's level in a channel that sends.");
        MetricWriter.Values remaining =
                writer.gauge("hde_migration_remaining_seconds", "How long a migration will still take, about.");
        for (ChannelProgress progress : running) {
            counts.merge(ChannelKey.of(progress), 1L, Long::sum);
            if (progress.id().sending() && ChannelKey.isOfVm(progress)) {
                rates.merge(progress.id().peer(), progress.linkBytesPerSecond(), Math::max);
                String[] labels = {
                    "vm", progress.id().vm(), "peer", progress.id().peer(), "channel", channel(progress)
                };
                level.add(progress.level(), labels);
                progress.forecast()
                        .filter(forecast -> forecast.converges())
                        .ifPresent(forecast -> remaining.add(forecast.millis() / 1000.0, labels));
            }
        }
        MetricWriter.Values channels = writer.gauge("hde_channels", "Channels that are open.");
        counts.forEach((key, count) ->
                channels.add(count, "peer", key.peer(), "direction", key.direction(), "type", key.type()));
        channels.end();
        MetricWriter.Values link = writer.gauge(
                "hde_link_bytes_per_second", "What the link to a peer has carried of late, while something is sent.");
        rates.forEach((peer, rate) -> link.add(rate, "peer", peer));
        link.end();
        level.end();
        remaining.end();
    }

    /** Beside its number, which begins anew in each migration, the beginning of the migration's name. */
    private static String channel(ChannelProgress progress) {
        return progress.id().migration().substring(0, 8) + "-" + progress.id().number();
    }
}
