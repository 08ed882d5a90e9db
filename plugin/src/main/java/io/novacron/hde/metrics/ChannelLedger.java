package io.novacron.hde.metrics;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.Switchover;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The channels that run, and sums of those that have ended since the agent's start. What is kept is bounded: by the
 * configured peers, and by the last {@value #MOST_VMS} VMs that migrated. Thread-safe.
 */
public final class ChannelLedger {
    static final int MOST_VMS = 256;

    private static final List<String> DIRECTIONS = List.of("send", "receive");

    private static final double MILLIS = Duration.ofSeconds(1).toMillis();

    private static final List<Double> DURATIONS =
            List.of(1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0);
    private static final List<Double> DOWNTIMES = List.of(0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0);

    /** @param outcome {@code completed} or {@code failed} */
    record MigrationKey(String peer, String direction, String outcome) {}

    /** What one VM's migrations in one direction come to. */
    record VmKey(String vm, String direction) {}

    /** @param lastEnd of a migration, milliseconds since 1970; 0 for none */
    record VmSum(long original, long compressed, long completed, long failed, long lastEnd) {
        static final VmSum NONE = new VmSum(0, 0, 0, 0, 0);

        VmSum plus(VmSum other) {
            return new VmSum(
                    original + other.original,
                    compressed + other.compressed,
                    completed + other.completed,
                    failed + other.failed,
                    Math.max(lastEnd, other.lastEnd));
        }

        static VmSum of(ChannelProgress progress, ChannelProgress.Outcome outcome) {
            boolean tells = ChannelKey.isMigration(progress);
            return new VmSum(
                    progress.streamBytes(),
                    progress.wireBytes(),
                    tells && outcome == ChannelProgress.Outcome.COMPLETED ? 1 : 0,
                    tells && outcome == ChannelProgress.Outcome.FAILED ? 1 : 0,
                    tells ? progress.finishedAt() : 0);
        }
    }

    /** Everything at one moment. */
    record View(
            List<ChannelProgress> running,
            Map<ChannelKey, ChannelSum> channels,
            Map<MigrationKey, Long> migrations,
            Map<VmKey, VmSum> vms) {}

    // guarded by this; with what each running channel had saved when it was last looked at
    private final Map<ChannelProgress, Long> running = new LinkedHashMap<>();
    private final Map<ChannelKey, ChannelSum> ended = new HashMap<>();
    private final Map<MigrationKey, Long> migrations = new HashMap<>();
    // the one that was added to last at the end
    private final Map<VmKey, VmSum> vms = new LinkedHashMap<>();
    private final Map<String, Buckets> durations = new HashMap<>();
    private final Buckets downtimes = new Buckets(DOWNTIMES);
    private final Map<String, Double> downtimePhases = new LinkedHashMap<>();

    /** For nobody in particular. */
    public ChannelLedger() {
        this(List.of());
    }

    /**
     * Begins with nothing for each of the peers: how much a counter has grown can be told only if it was there before.
     *
     * @param peers names of all that are configured
     */
    public ChannelLedger(Collection<String> peers) {
        for (String direction : DIRECTIONS) {
            durations.put(direction, new Buckets(DURATIONS));
            for (String peer : peers) {
                for (String type : List.of("memory", "disk")) {
                    ended.put(new ChannelKey(peer, direction, type), ChannelSum.NONE);
                }
                for (String outcome : List.of("completed", "failed")) {
                    migrations.put(new MigrationKey(peer, direction, outcome), 0L);
                }
            }
        }
        downtime(new Switchover(0, 0, 0, 0), false);
    }

    /** A channel runs. */
    public synchronized void begun(ChannelProgress progress) {
        running.put(progress, 0L);
    }

    /** It has ended; its figures do not change any more. */
    public synchronized void ended(ChannelProgress progress) {
        Long saved = running.remove(progress);
        if (saved == null) {
            return;
        }
        ended.merge(ChannelKey.of(progress), ChannelSum.of(progress, saved), ChannelSum::plus);
        if (ChannelKey.isMigration(progress)) {
            migration(progress);
        }
        if (ChannelKey.isOfVm(progress)) {
            VmKey key = new VmKey(progress.id().vm(), ChannelKey.direction(progress));
            VmSum before = vms.remove(key);
            vms.put(key, VmSum.of(progress, progress.outcome()).plus(before == null ? VmSum.NONE : before));
            forgetVms();
        }
    }

    private void migration(ChannelProgress progress) {
        boolean completed = progress.outcome() == ChannelProgress.Outcome.COMPLETED;
        String direction = ChannelKey.direction(progress);
        migrations.merge(
                new MigrationKey(progress.id().peer(), direction, completed ? "completed" : "failed"), 1L, Long::sum);
        if (completed) {
            durations.get(direction).add((progress.finishedAt() - progress.startedAt()) / MILLIS);
            progress.switchover().ifPresent(phases -> downtime(phases, true));
        }
    }

    private void downtime(Switchover phases, boolean counts) {
        if (counts) {
            downtimes.add((phases.lastRound() + phases.deviceState() + phases.delivery() + phases.loading()) / MILLIS);
        }
        downtimePhases.merge("last_round", phases.lastRound() / MILLIS, Double::sum);
        downtimePhases.merge("device_state", phases.deviceState() / MILLIS, Double::sum);
        downtimePhases.merge("delivery", phases.delivery() / MILLIS, Double::sum);
        downtimePhases.merge("loading", phases.loading() / MILLIS, Double::sum);
    }

    private void forgetVms() {
        Set<String> names = vms.keySet().stream().map(VmKey::vm).collect(Collectors.toSet());
        Iterator<VmKey> oldest = vms.keySet().iterator();
        while (names.size() > MOST_VMS && oldest.hasNext()) {
            String name = oldest.next().vm();
            oldest.remove();
            if (vms.keySet().stream().noneMatch(key -> key.vm().equals(name))) {
                names.remove(name);
            }
        }
    }

    synchronized View view() {
        Map<ChannelKey, ChannelSum> channels = new HashMap<>(ended);
        Map<VmKey, VmSum> allVms = new LinkedHashMap<>(vms);
        for (Map.Entry<ChannelProgress, Long> each : running.entrySet()) {
            ChannelProgress progress = each.getKey();
            ChannelSum sum = ChannelSum.of(progress, each.getValue());
            each.setValue(sum.saved());
            channels.merge(ChannelKey.of(progress), sum, ChannelSum::plus);
            if (ChannelKey.isOfVm(progress)) {
                allVms.merge(
                        new VmKey(progress.id().vm(), ChannelKey.direction(progress)),
                        VmSum.of(progress, ChannelProgress.Outcome.RUNNING),
                        VmSum::plus);
            }
        }
        return new View(new ArrayList<>(running.keySet()), channels, Map.copyOf(migrations), allVms);
    }

    /** Adds the histograms, which belong to migrations that have ended. */
    synchronized void writeTimes(MetricWriter writer) {
        writer.histogram(
                "hde_migration_seconds",
                "How long migrations took that completed, by this agent's clock.",
                durations.entrySet().stream()
                        .map(each -> each.getValue().point(MetricWriter.labels("direction", each.getKey())))
                        .toList());
        writer.histogram(
                "hde_downtime_seconds",
                "From the first byte after the guest had stopped here until the destination's QEMU had loaded it.",
                List.of(downtimes.point(MetricWriter.labels())));
        MetricWriter.Values phases =
                writer.counter("hde_downtime_phase_seconds", "The parts of hde_downtime_seconds, one after the other.");
        downtimePhases.forEach((phase, seconds) -> phases.add(seconds, "phase", phase));
        phases.end();
    }
}
