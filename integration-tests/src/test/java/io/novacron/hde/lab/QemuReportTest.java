package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class QemuReportTest {
    private static final String LINE =
            "2026-11-22 14:37:42.613+0000: 327: info : qemuMonitorJSONIOProcessLine:208 : QEMU_MONITOR_RECV_REPLY: mon=0x7fc7"
                    + " reply={\"return\": {\"status\": \"%s\", \"setup-time\": 0, \"downtime\": %d, \"total-time\": %d, \"ram\":"
                    + " {\"total\": 134750208, \"dirty-sync-count\": 3, \"transferred\": 100649033, \"duplicate\": 8478,"
                    + " \"normal\": 24506}}, \"id\": \"libvirt-420\"}%n";

    @Test
    void theLastCompletedMigrationCounts() {
        String log = LINE.formatted("completed", 1, 2)
                + LINE.formatted("completed", 133, 240)
                + LINE.formatted("active", 300, 900)
                + "2026-11-22 14:37:43.000+0000: 327: info : QEMU_MONITOR_RECV_REPLY: mon=0x7fc7 reply={\"return\": {}}\n";

        assertThat(QemuReport.lastIn(log)).isEqualTo(new QemuReport(240, 133, 8478, 24506, 3));
    }

    private static String event(long microseconds, String event) {
        return "2026-11-22 14:37:42.613+0000: 327: info : QEMU_MONITOR_RECV_EVENT: mon=0x7fc7 event={\"timestamp\":"
                + " {\"seconds\": 1795374251, \"microseconds\": " + microseconds + "}, \"event\": " + event + "}\n";
    }

    @Test
    void timesThatQemuHasNotComputedYetAreFoundInItsEvents() {
        String log = event(144_398, "\"MIGRATION\", \"data\": {\"status\": \"setup\"}")
                + event(500_849, "\"STOP\"")
                + event(502_000, "\"MIGRATION\", \"data\": {\"status\": \"device\"}")
                + event(987_608, "\"MIGRATION\", \"data\": {\"status\": \"completed\"}")
                + LINE.formatted("completed", 0, 0);

        assertThat(QemuReport.lastIn(log)).isEqualTo(new QemuReport(843, 487, 8478, 24506, 3));
    }

    @Test
    void noReportIsAnError() {
        assertThatThrownBy(() -> QemuReport.lastIn(LINE.formatted("active", 1, 2)))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("no report");
    }
}
