package io.novacron.hde.lab;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;

/** What became of migrations: of those with a fault by its kind and the phase in which it fell, and of the others. */
final class FaultTally {
    private record Cell(FaultKind kind, FaultPhase phase) implements Comparable<Cell> {
        @Override
        public int compareTo(Cell other) {
            int byKind = kind.compareTo(other.kind);
            return byKind != 0 ? byKind : phase.compareTo(other.phase);
        }
    }

    private static final class Counts {
        int injected;
        int survived;
        int failedCleanly;
        int vmLost;
        int wrongBytes;
        int misreported;
        final List<Long> downtimes = new ArrayList<>();
        final TreeSet<String> virsh = new TreeSet<>();
    }

    /**
     * One kind in one phase.
     *
     * @param survived the migration completed in spite of it
     * @param failedCleanly it failed, the VM runs on the source, and the next migration worked
     * @param misreported the VM runs on one host, and virsh said otherwise
     * @param downtimeAddedMs median downtime of those that survived, less the median of migrations without a fault; null
     *     where none survived or none was without
     * @param virsh what virsh said of those that failed
     */
    record Line(
            @JsonProperty("kind") String kind,
            @JsonProperty("phase") String phase,
            @JsonProperty("injected") int injected,
            @JsonProperty("survived") int survived,
            @JsonProperty("failed_cleanly") int failedCleanly,
            @JsonProperty("vm_lost") int vmLost,
            @JsonProperty("wrong_bytes") int wrongBytes,
            @JsonProperty("misreported") int misreported,
            @JsonProperty("downtime_added_ms") Long downtimeAddedMs,
            @JsonProperty("virsh") List<String> virsh) {
        Line {
            virsh = List.copyOf(virsh);
        }
    }

    private final TreeMap<Cell, Counts> cells = new TreeMap<>();
    private final List<Long> undisturbed = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private int migrations;
    private int missed;

    /**
     * A migration that a fault hit.
     *
     * @param nextWorked whether the migration after it worked; of no meaning unless it stayed
     */
    synchronized void hit(FaultKind kind, FaultPhase phase, FaultyMigration.Result result, boolean nextWorked) {
        migrations++;
        Counts counts = cells.computeIfAbsent(new Cell(kind, phase), cell -> new Counts());
        counts.injected++;
        switch (result.fate()) {
            case ARRIVED -> {
                counts.survived++;
                result.downtimeMs().ifPresent(counts.downtimes::add);
            }
            case STAYED -> {
                counts.failedCleanly += nextWorked ? 1 : 0;
                counts.virsh.add(result.virsh());
            }
            case MISREPORTED -> counts.misreported++;
            case LOST -> counts.vmLost++;
            case WRONG -> counts.wrongBytes++;
        }
        for (String doubt : result.doubts()) {
            complaints.add(kind.word() + " in " + phase.word() + ": " + doubt);
        }
    }

    /** A migration that no fault hit. */
    synchronized void unhit(FaultyMigration.Result result) {
        migrations++;
        if (result.fate() == FaultyMigration.Fate.ARRIVED) {
            result.downtimeMs().ifPresent(undisturbed::add);
        } else {
            complaints.add("without a fault: " + result.fate().name().toLowerCase(Locale.ROOT) + ", " + result.virsh());
        }
        for (String doubt : result.doubts()) {
            complaints.add("without a fault: " + doubt);
        }
    }

    /** A fault that found its migration over. */
    synchronized void missed() {
        missed++;
    }

    synchronized List<Line> lines() {
        OptionalLong usual = median(undisturbed);
        List<Line> lines = new ArrayList<>();
        cells.forEach((cell, counts) -> {
            OptionalLong downtime = median(counts.downtimes);
            lines.add(new Line(
                    cell.kind.word(),
                    cell.phase.word(),
                    counts.injected,
                    counts.survived,
                    counts.failedCleanly,
                    counts.vmLost,
                    counts.wrongBytes,
                    counts.misreported,
                    downtime.isPresent() && usual.isPresent() ? downtime.getAsLong() - usual.getAsLong() : null,
                    List.copyOf(counts.virsh)));
        });
        return lines;
    }

    /** Migrations in all, those after a failed one too. */
    synchronized int migrations() {
        return migrations;
    }

    /** Faults that found their migrations over. */
    synchronized int missedFaults() {
        return missed;
    }

    /** Median downtime of the migrations that nothing hit, in milliseconds. */
    synchronized OptionalLong usualDowntime() {
        return median(undisturbed);
    }

    /** All that must not be: a VM lost or harmed, a failure without a fault. */
    synchronized List<String> complaints() {
        return List.copyOf(complaints);
    }

    private static OptionalLong median(List<Long> values) {
        if (values.isEmpty()) {
            return OptionalLong.empty();
        }
        List<Long> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return OptionalLong.of(sorted.get(sorted.size() / 2));
    }
}
