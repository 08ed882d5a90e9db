package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A link that becomes thin in the middle of a migration gets more work for each byte, and less again afterwards. */
class LinkChangeIT {
    private static final String FAST = "1gbit";
    private static final String THIN = "50mbit";

    private static final long BYTES_BEFORE = 40 << 20;
    private static final long THIN_MILLIS = 6000;

    /** The chooser moves a step in a twentieth of a second, and first has to see that the link has changed. */
    private static final long NOTICING_MILLIS = 3000;

    private static final long LOOKING_MILLIS = 2500;

    /** Where the chooser begins says nothing of the link. */
    private static final long STARTING_MILLIS = 500;

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    @Test
    void theLevelFollows() {
        Scene scene = Scene.withGuest(
                LAB,
                new GuestSpec("changing", GuestSpec.Kind.TINY, 1024, Map.of())
                        .with("lab.check_mib", 800)
                        .with("lab.random_percent", 40));
        LAB.lab().shape(FAST);
        CompletableFuture<Output> migration = scene.begin(BYTES_BEFORE);
        long thinAt = System.currentTimeMillis();
        LAB.lab().shape(THIN);
        Waiting.sleep(THIN_MILLIS);
        assertThat(migration).as("the migration while the link is thin").isNotDone();
        long fastAt = System.currentTimeMillis();
        LAB.lab().shape(FAST);
        assertThat(migration.join().ok()).as("the migration").isTrue();

        JsonNode sent = scene.a().agent().status().path("recent").path(0);
        assertThat(sent.path("vm").asText()).isEqualTo("changing");
        assertThat(sent.path("outcome").asText()).isEqualTo("completed");
        long started = Instant.parse(sent.path("started").asText()).toEpochMilli();
        double before = lowestLevel(sent, started + STARTING_MILLIS, thinAt);
        double thin = level(sent, thinAt + NOTICING_MILLIS, fastAt);
        double after = level(sent, fastAt + NOTICING_MILLIS, fastAt + NOTICING_MILLIS + LOOKING_MILLIS);
        assertThat(thin).as("level while thin, of %s", sent.path("levels")).isGreaterThanOrEqualTo(before + 2);
        assertThat(after).as("level afterwards, of %s", sent.path("levels")).isLessThan(thin - 2);
    }

    /**
     * The lowest level in force from one moment to another, in milliseconds since 1970. Not the mean: the agents have
     * only just begun, and while the virtual machine compiles the code, processors are what is short.
     */
    private static double lowestLevel(JsonNode sent, long from, long to) {
        long started = Instant.parse(sent.path("started").asText()).toEpochMilli();
        double lowest = Double.MAX_VALUE;
        long until = to - started;
        for (int i = sent.path("levels").size() - 1; i >= 0 && until > from - started; i--) {
            JsonNode change = sent.path("levels").path(i);
            if (change.path("millis").asLong() < until) {
                lowest = Math.min(lowest, change.path("level").asInt());
                until = change.path("millis").asLong();
            }
        }
        return lowest;
    }

    /** The mean level from one moment to another, in milliseconds since 1970; beyond the end the last one counts. */
    private static double level(JsonNode sent, long from, long to) {
        long started = Instant.parse(sent.path("started").asText()).toEpochMilli();
        double sum = 0;
        long until = to - started;
        for (int i = sent.path("levels").size() - 1; i >= 0; i--) {
            JsonNode change = sent.path("levels").path(i);
            long at = Math.max(change.path("millis").asLong(), from - started);
            if (at < until) {
                sum += (double) (until - at) * change.path("level").asInt();
                until = at;
            }
        }
        return sum / (to - from);
    }
}
