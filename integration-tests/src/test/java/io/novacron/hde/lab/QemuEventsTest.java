package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two VMs cross: 0xa leaves the host, 0xb arrives. */
class QemuEventsTest {
    private static final long SECOND = 1_000_000_000;

    @TempDir
    Path directory;

    private Path log;
    private QemuEvents events;

    @BeforeEach
    void startLog() throws IOException {
        log = Files.createFile(directory.resolve("libvirtd.log"));
        events = QemuEvents.in(log);
    }

    private void say(String monitor, int millis, String event) throws IOException {
        append(
                "2026-01-02 03:04:05.000+0000: 7: info : qemuMonitorJSONIOProcessLine:203 : QEMU_MONITOR_RECV_EVENT: mon="
                        + monitor + " event={\"timestamp\": {\"seconds\": " + SECOND + ", \"microseconds\": "
                        + millis * 1000
                        + "}, " + event + "}\n");
    }

    private void append(String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.APPEND);
    }

    private static String status(String status) {
        return "\"event\": \"MIGRATION\", \"data\": {\"status\": \"" + status + "\"}";
    }

    private static String pass(int pass) {
        return "\"event\": \"MIGRATION_PASS\", \"data\": {\"pass\": " + pass + "}";
    }

    private static double at(int millis) {
        return SECOND * 1e3 + millis;
    }

    @Test
    void phasesAreThoseOfTheVmThatLeaves() throws Exception {
        say("0xb", 1, status("setup"));
        say("0xa", 10, status("setup"));
        say("0xa", 11, pass(1));
        say("0xb", 15, status("active"));
        say("0xa", 20, pass(2));
        say("0xb", 25, status("completed"));
        say("0xb", 26, "\"event\": \"RESUME\"");
        say("0xa", 30, "\"event\": \"STOP\"");
        say("0xa", 31, pass(3));
        say("0xa", 40, status("completed"));

        assertThat(events.phaseAt(at(5))).contains(FaultPhase.GREETING);
        assertThat(events.phaseAt(at(12))).contains(FaultPhase.FIRST_ROUND);
        assertThat(events.phaseAt(at(29))).contains(FaultPhase.LATER_ROUND);
        assertThat(events.phaseAt(at(35))).contains(FaultPhase.SWITCH_OVER);
        assertThat(events.phaseAt(at(41))).contains(FaultPhase.FINISH);
        assertThat(events.stopped()).hasValue((long) at(30));
        assertThat(events.resumed()).hasValue((long) at(26));
    }

    @Test
    void afterAFailureThereIsNoPhaseAndTheVmThatGoesOnHasNotArrived() throws Exception {
        say("0xa", 11, pass(1));
        say("0xa", 12, "\"event\": \"STOP\"");
        say("0xa", 13, status("failed"));
        say("0xa", 14, "\"event\": \"RESUME\"");

        assertThat(events.phaseAt(at(20))).isEmpty();
        assertThat(events.resumed()).isEmpty();
    }

    @Test
    void aLineThatIsNotWholeYetIsReadLater() throws Exception {
        say("0xa", 11, pass(1));
        append("x QEMU_MONITOR_RECV_EVENT: mon=0xa event={\"timestamp\": {\"seconds\": " + SECOND);
        assertThat(events.phaseAt(Double.MAX_VALUE)).contains(FaultPhase.FIRST_ROUND);

        append(", \"microseconds\": 20000}, \"event\": \"STOP\"}\n");
        assertThat(events.phaseAt(Double.MAX_VALUE)).contains(FaultPhase.SWITCH_OVER);
    }
}
