package io.novacron.hde.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * What the source QEMU said about a completed migration (QMP query-migrate). virsh domjobinfo would tell libvirt's own
 * times, which begin before QEMU does.
 *
 * @param totalMs from the start of the migration to its end
 * @param downtimeMs between stopping the VM and the end
 * @param zeroPages sent as zero
 * @param normalPages sent with their content
 * @param rounds through the memory
 */
record QemuReport(long totalMs, long downtimeMs, long zeroPages, long normalPages, long rounds) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String REPLY = "QEMU_MONITOR_RECV_REPLY:";
    private static final String START = "reply=";

    /** The last such report in libvirtd's log, whose filter lets the monitor's replies through. */
    static QemuReport lastIn(String libvirtLog) {
        QemuReport last = null;
        for (String line : libvirtLog.lines().toList()) {
            int start = line.indexOf(START);
            if (start < 0 || !line.contains(REPLY) || !line.contains("\"total-time\"")) {
                continue;
            }
            JsonNode report = parse(line.substring(start + START.length())).path("return");
            if (report.path("status").asText().equals("completed")) {
                last = new QemuReport(
                        report.path("total-time").asLong(),
                        report.path("downtime").asLong(),
                        report.path("ram").path("duplicate").asLong(),
                        report.path("ram").path("normal").asLong(),
                        report.path("ram").path("dirty-sync-count").asLong());
            }
        }
        if (last == null) {
            throw new LabException("lab: libvirtd's log holds no report of a completed migration");
        }
        return last;
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new LabException("lab: QEMU's report in libvirtd's log is no JSON: " + json, e);
        }
    }
}
