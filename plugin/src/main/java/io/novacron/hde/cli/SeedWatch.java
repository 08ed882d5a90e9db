package io.novacron.hde.cli;

import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.SeedReport;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Shows how a VM's memory goes to a peer until that has it. */
final class SeedWatch {
    private static final int BAR = 30;
    private static final long LOOK_MILLIS = 250;

    private final PrintWriter out;
    private final ControlClient client;

    SeedWatch(PrintWriter out, ControlClient client) {
        this.out = out;
        this.client = client;
    }

    /**
     * Returns when the peer has all of the memory.
     *
     * @throws ControlException when that will not be, with the reason
     */
    void await(SeedReport begun) throws ControlException, InterruptedException {
        boolean terminal = Terminal.isOutput();
        Instant began = Instant.now();
        SeedReport report = begun;
        while (report.passes() == 0
                && report.state() != SeedReport.State.FAILED
                && report.state() != SeedReport.State.STOPPED) {
            if (terminal) {
                out.print("\r" + line(report, began) + "\033[K");
                out.flush();
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            report = find(client.seeds(), begun);
        }
        out.print(terminal ? "\r\033[K" : "");
        if (report.passes() == 0) {
            throw new ControlException(
                    report.error() == null ? report.vm() + " is no longer seeded to " + report.peer() : report.error());
        }
        out.println(report.peer() + " holds the memory of " + report.vm() + ": "
                + Amounts.bytes(report.totalWireBytes()) + " sent in " + Amounts.time(began, Instant.now())
                + (report.due() == null ? "" : ", refreshed in " + Amounts.time(Instant.now(), report.due())));
        out.flush();
    }

    private static SeedReport find(List<SeedReport> reports, SeedReport seed) throws ControlException {
        return reports.stream()
                .filter(report ->
                        report.uuid().equals(seed.uuid()) && report.peer().equals(seed.peer()))
                .findFirst()
                .orElseThrow(() -> new ControlException(seed.vm() + " does not run on this host any more"));
    }

    static String line(SeedReport report, Instant began) {
        double part = report.pages() == 0 ? 0 : (double) report.pagesDone() / report.pages();
        int full = (int) Math.round(part * BAR);
        return report.vm() + " to " + report.peer() + " [" + "#".repeat(full) + ".".repeat(BAR - full) + "] "
                + Math.round(100 * part) + " %, " + Amounts.bytes(report.wireBytes()) + " sent, "
                + (report.state() == SeedReport.State.WAITING ? "waiting" : Amounts.time(began, Instant.now()));
    }
}
