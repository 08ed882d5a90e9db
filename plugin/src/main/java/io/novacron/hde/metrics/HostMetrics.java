package io.novacron.hde.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Metrics of the host: store, baselines, dictionaries, peers, and the agent's process. */
public final class HostMetrics implements MultiCollector {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int BYTES_OF_KB = 1024;

    private final HostFacts facts;

    public HostMetrics(HostFacts facts) {
        this.facts = facts;
    }

    @Override
    public MetricSnapshots collect() {
        MetricWriter writer = new MetricWriter();
        writer.gauge("hde_build_info", "1, with the release that runs.")
                .add(1, "version", facts.version())
                .end();
        writer.gauge("hde_ready", "Whether the warm-up is done.")
                .add(facts.ready() ? 1 : 0)
                .end();
        store(writer);
        dictionaries(writer);
        MetricWriter.Values peers =
                writer.gauge("hde_peer_failing", "Whether the last attempt to open a tunnel to a peer failed.");
        facts.peersFailing().forEach((peer, failing) -> peers.add(failing ? 1 : 0, "peer", peer));
        peers.end();
        process(writer);
        return writer.snapshots();
    }

    private void store(MetricWriter writer) {
        writer.gauge("hde_store_live_bytes", "Bytes of frames, baselines and dictionaries in the store.")
                .add(facts.storeLiveBytes())
                .end();
        writer.gauge("hde_store_file_bytes", "Bytes of the store's file.")
                .add(facts.storeFileBytes())
                .end();
        writer.gauge("hde_store_max_bytes", "store.max-size: how large the store may grow.")
                .add(facts.storeMaxBytes())
                .end();
        MetricWriter.Values baselines = writer.gauge("hde_baselines", "Baselines in the store.");
        facts.baselines().forEach((type, count) -> baselines.add(count, "type", type));
        baselines.end();
    }

    private void dictionaries(MetricWriter writer) {
        MetricWriter.Values dictionaries = writer.gauge("hde_dictionaries", "Trained dictionaries in the store.");
        Map<HostFacts.DictionaryKind, Long> counts = facts.dictionaries();
        for (String scope : List.of("general", "family", "vm")) {
            for (String origin : List.of("own", "peer")) {
                long count = counts.getOrDefault(new HostFacts.DictionaryKind(scope, origin), 0L);
                dictionaries.add(count, "scope", scope, "origin", origin);
            }
        }
        dictionaries.end();
        writer.counter("hde_dictionaries_trained", "Dictionaries that were trained and kept since the start.")
                .add(facts.dictionariesTrained())
                .end();
        OptionalLong last = facts.lastDictionary();
        if (last.isPresent()) {
            writer.gauge("hde_last_dict_update_timestamp_seconds", "When the newest dictionary was made or received.")
                    .add(last.getAsLong() / 1000.0)
                    .end();
        }
    }

    private static void process(MetricWriter writer) {
        ProcessHandle.Info process = ProcessHandle.current().info();
        process.totalCpuDuration()
                .map(Duration::toMillis)
                .ifPresent(millis -> writer.counter("process_cpu_seconds", "Processor time that the agent has used.")
                        .add(millis / 1000.0)
                        .end());
        process.startInstant()
                .map(Instant::toEpochMilli)
                .ifPresent(millis -> writer.gauge("process_start_time_seconds", "When the agent was started.")
                        .add(millis / 1000.0)
                        .end());
        String status = status();
        memory(status, "VmRSS")
                .ifPresent(bytes -> writer.gauge("process_resident_memory_bytes", "The agent's resident memory.")
                        .add(bytes)
                        .end());
        memory(status, "RssAnon")
                .ifPresent(bytes -> writer.gauge(
                                "hde_anonymous_memory_bytes",
                                "The agent's resident memory that is no file's (RssAnon).")
                        .add(bytes)
                        .end());
    }

    private static String status() {
        try {
            return Files.readString(STATUS);
        } catch (IOException e) {
            return "";
        }
    }

    private static OptionalLong memory(String status, String name) {
        Matcher line =
                Pattern.compile("(?m)^" + name + ":\\s+([0-9]{1,15}) kB$").matcher(status);
        return line.find() ? OptionalLong.of(Long.parseLong(line.group(1)) * BYTES_OF_KB) : OptionalLong.empty();
    }
}
