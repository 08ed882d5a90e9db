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
    private static final String REPLY_START = "reply=";
    private static final String EVENT = "QEMU_MONITOR_RECV_EVENT:";
    private static final String EVENT_START = "event=";

    /** When QEMU said what of the last migration, in milliseconds since the epoch. */
    private static final class Events {
        double setup;
        double stop;
        double completed;

        void add(JsonNode event) {
            JsonNode timestamp = event.path("timestamp");
            double millis = timestamp.path("seconds").asLong() * 1e3
                    + timestamp.path("microseconds").asLong() / 1e3;
            String name = event.path("event").asText();
            String status = event.path("data").path("status").asText();
            if (name.equals("STOP")) {
                stop = millis;
            } else if (name.equals("MIGRATION") && status.equals("setup")) {
                setup = millis;
            } else if (name.equals("MIGRATION") && status.equals("completed")) {
                completed = millis;
            }
        }
    }

    /** The last such report in libvirtd's log, whose filter lets the monitor's replies and events through. */
    static QemuReport lastIn(String libvirtLog) {
        QemuReport last = null;
        Events events = new Events();
        for (String line : libvirtLog.lines().toList()) {
            int reply = line.indexOf(REPLY_START);
            int event = line.indexOf(EVENT_START);
            if (event >= 0 && line.contains(EVENT)) {
                events.add(parse(line.substring(event + EVENT_START.length())));
            } else if (reply >= 0 && line.contains(REPLY) && line.contains("\"total-time\"")) {
                JsonNode report =
                        parse(line.substring(reply + REPLY_START.length())).path("return");
                if (report.path("status").asText().equals("completed")) {
                    last = of(report, events);
                }
            }
        }
        if (last == null) {
            throw new LabException("lab: libvirtd's log holds no report of a completed migration");
        }
        return last;
    }

    /**
     * QEMU computes both times just after it has said that the migration is completed (migration.c,
     * migration_calculate_complete): who asks in between is told 0, and finds them in the events.
     */
    private static QemuReport of(JsonNode report, Events events) {
        long total = report.path("total-time").asLong();
        long downtime = report.path("downtime").asLong();
        if (total == 0) {
            total = Math.round(events.completed - events.setup);
            downtime = Math.round(events.completed - events.stop);
        }
        return new QemuReport(
                total,
                downtime,
                report.path("ram").path("duplicate").asLong(),
                report.path("ram").path("normal").asLong(),
                report.path("ram").path("dirty-sync-count").asLong());
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new LabException("lab: QEMU's report in libvirtd's log is no JSON: " + json, e);
        }
    }
}
