package io.novacron.hde.lab;

import java.util.Locale;

/** The demo's table, line by line. */
final class DemoTable {
    private static final String TEXT = "%-8s %-33s %10s %8s %9s %6s %8s %s  %-6s";
    private static final String PAGES = "%8s %7s %6s %6s %6s %6s";
    private static final double MIB = 1048576.0;

    private DemoTable() {}

    static String header() {
        String over = String.format(
                Locale.ROOT, TEXT, "", "", "bytes on", "QEMU's", "", "", "virsh", "pages by tier" + " ".repeat(31), "");
        return over.stripTrailing()
                + System.lineSeparator()
                + String.format(
                                Locale.ROOT,
                                TEXT,
                                "case",
                                "",
                                "the wire",
                                "time",
                                "downtime",
                                "rounds",
                                "took",
                                String.format(Locale.ROOT, PAGES, "zero", "kept", "known", "delta", "new", "raw"),
                                "intact")
                        .stripTrailing();
    }

    static String line(DemoCase each, Migration.Result result) {
        PageCounts pages = result.pages();
        return String.format(
                        Locale.ROOT,
                        TEXT,
                        each.word(),
                        each.what(),
                        mib(result.wireBytes()),
                        seconds(result.totalMs()),
                        result.downtimeMs() + " ms",
                        result.rounds(),
                        seconds(result.wallMs()),
                        String.format(
                                Locale.ROOT,
                                PAGES,
                                pages.zero(),
                                pages.kept(),
                                pages.known(),
                                pages.delta(),
                                pages.newPages(),
                                pages.raw()),
                        result.intact() ? "yes" : "NO")
                .stripTrailing();
    }

    /** A line that stands while a migration runs. */
    static String progress(DemoCase each, long wireBytes, long millis) {
        return String.format(
                Locale.ROOT, "%-8s %-33s %10s %8s", each.word(), each.what(), mib(wireBytes), seconds(millis));
    }

    static String mib(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / MIB);
    }

    static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }
}
