package io.novacron.hde.cli;

import io.novacron.hde.control.EstimateReport;

/** An estimate for people. */
final class EstimateText {
    private static final int PAGE_BYTES = 4096;

    private EstimateText() {}

    static String of(EstimateReport report) {
        EstimateReport.Pages pages = report.pages();
        long filled = pages.kept() + pages.known() + pages.packed();
        Table table = new Table("", ">BYTES", ">TIME", ">DOWNTIME", ">ROUNDS");
        row(table, "plain", report.plain());
        row(table, "through HDE", report.hde());
        row(table, "after a seed", report.seeded());
        return report.vm() + " to " + report.peer() + ", if it began now: of "
                + bytes(filled + pages.zero()) + " hold something " + bytes(filled) + ", of which " + report.peer()
                + " lacks " + bytes(pages.packed())
                + (report.baseline() == null ? "" : " (baseline " + StatusText.root(report.baseline()) + ")")
                + "\nthe VM writes " + Amounts.bytes(report.writtenBytesPerSecond()) + "/s, the link carries "
                + Amounts.bits(report.linkBytesPerSecond()) + "; a seed would send "
                + Amounts.bytes(report.seedBytes()) + " in " + Amounts.seconds(report.seedMillis()) + "\n" + table;
    }

    private static void row(Table table, String name, EstimateReport.Way way) {
        if (way.converges()) {
            table.row(
                    name,
                    Amounts.bytes(way.wireBytes()) + (way.error() == null ? "" : " ± " + Amounts.bytes(way.error())),
                    Amounts.seconds(way.totalMillis()),
                    way.downtimeMillis() + " ms",
                    way.rounds());
        } else {
            table.row(name, "does not converge", "-", "-", "-");
        }
    }

    private static String bytes(long pages) {
        return Amounts.bytes(pages * PAGE_BYTES);
    }
}
