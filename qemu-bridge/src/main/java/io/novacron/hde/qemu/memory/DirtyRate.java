package io.novacron.hde.qemu.memory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.novacron.hde.qemu.monitor.Monitor;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How fast a guest writes, as QEMU estimates it by looking at the same few pages twice (QEMU: {@code
 * migration/dirtyrate.c}). Its other ways are not used: they crash QEMU 7.2 with a guest that has no KVM.
 *
 * <p>QEMU says 512 pages of each GiB, in whole MiB a second, and leaves out blocks below 128 MiB. A page counts once,
 * however often it was written, so the longer it looks, the lower the rate.
 */
public final class DirtyRate {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MIB = 1 << 20;
    private static final long POLL_MILLIS = 100;
    /** Beyond what it was asked for: a QEMU that is busy answers late. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private DirtyRate() {}

    /**
     * Measures and waits for it. If QEMU is measuring already, because somebody else asked, that is waited for instead.
     *
     * @param seconds how long QEMU waits between its two looks, 1 to 60
     * @return bytes a second; each page counts as all of its bytes
     * @throws IOException when the monitor does not answer, or QEMU does not measure; the message has its words
     * @throws InterruptedException when this thread is interrupted; QEMU finishes its measurement
     */
    public static long bytesPerSecond(Monitor monitor, int seconds) throws IOException, InterruptedException {
        if (seconds < 1 || seconds > 60) {
            throw new IllegalArgumentException("the dirty rate is measured over 1 to 60 seconds, not " + seconds);
        }
        if (!status(monitor).path("status").asText().equals("measuring")) {
            returned(
                    monitor,
                    Map.of(
                            "execute",
                            "calc-dirty-rate",
                            "arguments",
                            Map.of("calc-time", seconds, "mode", "page-sampling")));
        }
        long deadline =
                System.nanoTime() + Duration.ofSeconds(seconds).plus(PATIENCE).toNanos();
        while (true) {
            JsonNode status = status(monitor);
            if (status.path("status").asText().equals("measured")
                    && status.path("dirty-rate").canConvertToLong()) {
                return status.path("dirty-rate").asLong() * MIB;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("QEMU has not measured the dirty rate in time, but says " + status);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private static JsonNode status(Monitor monitor) throws IOException {
        return returned(monitor, Map.of("execute", "query-dirty-rate"));
    }

    private static JsonNode returned(Monitor monitor, Map<String, ?> command) throws IOException {
        JsonNode answer = JSON.readTree(monitor.qmp(JSON.writeValueAsString(command)));
        if (!answer.has("return")) {
            throw new IOException("QEMU does not measure the dirty rate: "
                    + answer.path("error").path("desc").asText(answer.toString()));
        }
        return answer.path("return");
    }
}
