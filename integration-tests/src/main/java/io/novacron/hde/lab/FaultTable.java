package io.novacron.hde.lab;

import java.util.Locale;

/** What the soak prints, line by line. */
final class FaultTable {
    private static final String COUNTS = "%-16s %-12s %9s %9s %15s %8s %12s %15s";
    private static final String FIGURES = "%-5s %-13s %10s %10s %10s   %s";

    private FaultTable() {}

    static String migration(FaultyMigration migration, String kind, String phase, FaultyMigration.Result result) {
        return String.format(
                        Locale.ROOT,
                        "  %-4s %s → %s  %-16s %-12s %-11s %s",
                        migration.guest(),
                        migration.from(),
                        migration.to(),
                        kind,
                        phase,
                        result.fate().name().toLowerCase(Locale.ROOT),
                        result.downtimeMs().isPresent()
                                ? "downtime "
                                        + DemoTable.seconds(result.downtimeMs().getAsLong())
                                : result.virsh())
                .stripTrailing();
    }

    static String header() {
        return String.format(
                Locale.ROOT,
                COUNTS,
                "fault",
                "in phase",
                "injected",
                "survived",
                "failed cleanly",
                "VM lost",
                "wrong bytes",
                "downtime added");
    }

    static String line(FaultTally.Line line) {
        return String.format(
                Locale.ROOT,
                COUNTS,
                line.kind(),
                line.phase(),
                line.injected(),
                line.survived(),
                line.failedCleanly(),
                line.vmLost(),
                line.wrongBytes(),
                line.downtimeAddedMs() == null ? "-" : DemoTable.seconds(line.downtimeAddedMs()));
    }

    static String growthHeader() {
        return String.format(Locale.ROOT, FIGURES, "agent", "figure", "at first", "at last", "highest", "allowed");
    }

    static String line(AgentGrowth.Line line) {
        return String.format(
                Locale.ROOT,
                FIGURES,
                line.host(),
                line.figure(),
                line.first(),
                line.last(),
                line.highest(),
                line.mostAllowed() + ", growth of " + line.growthAllowed()
                        + (line.withinLimits() ? "" : ": NOT WITHIN LIMITS"));
    }
}
