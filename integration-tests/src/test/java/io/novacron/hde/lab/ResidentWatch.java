package io.novacron.hde.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Looks ten times a second at the anonymous resident memory (RssAnon) of the agents, and keeps the highest of each. */
final class ResidentWatch implements AutoCloseable {
    private static final long STEP_MILLIS = 100;
    private static final String FIELD = "RssAnon:";

    /**
     * What was seen of an agent.
     *
     * @param highestKib the most, in KiB
     * @param looks how often it was there
     */
    record Seen(long highestKib, long looks) {
        private Seen and(Seen other) {
            return new Seen(Math.max(highestKib, other.highestKib), looks + other.looks);
        }
    }

    private final List<LabHost> hosts;
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();
    private final Thread thread = new Thread(this::watch, "resident-watch");
    private volatile boolean closed;

    /** Begins to look; whether there are agents already does not matter. */
    ResidentWatch(List<LabHost> hosts) {
        this.hosts = List.copyOf(hosts);
        thread.setDaemon(true);
        thread.start();
    }

    /** What was seen of a host's agent since the watch began or was last asked. */
    Seen take(LabHost host) {
        Seen taken = seen.remove(host.name());
        return taken == null ? new Seen(0, 0) : taken;
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch() {
        while (!closed) {
            for (LabHost host : hosts) {
                long kib = residentKib(host);
                if (kib > 0) {
                    seen.merge(host.name(), new Seen(kib, 1), Seen::and);
                }
            }
            Waiting.sleep(STEP_MILLIS);
        }
    }

    /** 0 if there is no agent at the moment. While it is being launched, the launcher is looked at in its place. */
    private static long residentKib(LabHost host) {
        try {
            String pid = Files.readString(host.seenFromHere("/run/hde-agent.pid"), StandardCharsets.US_ASCII)
                    .strip();
            String status = Files.readString(host.seenFromHere("/proc/" + pid + "/status"), StandardCharsets.UTF_8);
            return status.lines()
                    .filter(line -> line.startsWith(FIELD))
                    .mapToLong(line -> Long.parseLong(
                            line.substring(FIELD.length()).replace("kB", "").strip()))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
