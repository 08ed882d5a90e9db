package io.novacron.hde.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the QEMUs of one host say about migrations from a moment on, followed in libvirtd's log. At most one VM may leave
 * the host and one arrive at a time: the one that leaves is known by MIGRATION_PASS, which a source alone says. Times are
 * QEMU's own, in milliseconds since 1970. From any thread.
 */
final class QemuEvents {
    private static final Pattern LINE = Pattern.compile("QEMU_MONITOR_RECV_EVENT: mon=(\\S+) event=(\\{.*)");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param monitor names the QEMU */
    private record Event(String monitor, double millis, String name, JsonNode data) {
        boolean status(String status) {
            return name.equals("MIGRATION") && data.path("status").asText().equals(status);
        }

        boolean ends() {
            return status("completed") || status("failed") || status("cancelled");
        }
    }

    private final Path log;
    private final List<Event> events = new ArrayList<>();
    private long position;

    private QemuEvents(Path log, long position) {
        this.log = log;
        this.position = position;
    }

    /** Those that a host's QEMUs are yet to say. */
    static QemuEvents from(LabHost host) {
        Path log = host.directory("/var/log/libvirt").resolve("libvirtd.log");
        try {
            return new QemuEvents(log, Files.size(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those in a log. */
    static QemuEvents in(Path log) {
        return new QemuEvents(log, 0);
    }

    private void follow() {
        try (SeekableByteChannel channel = Files.newByteChannel(log)) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size() - position));
            channel.position(position);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // reads on
            }
            int whole = bytes.position();
            while (whole > 0 && bytes.get(whole - 1) != '\n') {
                whole--;
            }
            position += whole;
            new String(bytes.array(), 0, whole, StandardCharsets.UTF_8).lines().forEach(this::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.find()) {
            return;
        }
        try {
            JsonNode event = JSON.readTree(matcher.group(2));
            JsonNode timestamp = event.path("timestamp");
            double millis = timestamp.path("seconds").asLong() * 1e3
                    + timestamp.path("microseconds").asLong() / 1e3;
            events.add(new Event(matcher.group(1), millis, event.path("event").asText(), event.path("data")));
        } catch (JsonProcessingException e) {
            throw new LabException("lab: an event in libvirtd's log is no JSON: " + line, e);
        }
    }

    /**
     * Where the VM that leaves was at a moment, as QEMU sees it: it begins its first round before the channel is open.
     * {@link FaultPhase#GREETING} before that; empty after it has failed.
     */
    synchronized Optional<FaultPhase> phaseAt(double millis) {
        follow();
        FaultPhase phase = FaultPhase.GREETING;
        for (Event event : events) {
            if (event.millis > millis || !event.monitor.equals(source())) {
                continue;
            }
            if (event.name.equals("MIGRATION_PASS") && phase != FaultPhase.SWITCH_OVER) {
                phase = event.data.path("pass").asInt() == 1 ? FaultPhase.FIRST_ROUND : FaultPhase.LATER_ROUND;
            } else if (event.name.equals("STOP")) {
                phase = FaultPhase.SWITCH_OVER;
            } else if (event.ends()) {
                phase = event.status("completed") ? FaultPhase.FINISH : null;
            }
        }
        return Optional.ofNullable(phase);
    }

    /** When the VM that leaves was stopped. */
    synchronized OptionalLong stopped() {
        follow();
        return last("STOP", true);
    }

    /** When the VM that arrives began to run. */
    synchronized OptionalLong resumed() {
        follow();
        return last("RESUME", false);
    }

    private OptionalLong last(String name, boolean leaving) {
        String source = source();
        return events.stream()
                .filter(event -> event.name.equals(name) && event.monitor.equals(source) == leaving)
                .mapToLong(event -> Math.round(event.millis))
                .max();
    }

    /** The monitor of the VM that leaves; null before it begins. */
    private String source() {
        for (Event event : events) {
            if (event.name.equals("MIGRATION_PASS")) {
                return event.monitor;
            }
        }
        return null;
    }
}
