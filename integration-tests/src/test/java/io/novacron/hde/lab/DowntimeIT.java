package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A guest that writes faster than the link carries. QEMU takes what the agent has accepted for sent, and derives from that
 * how long the guest would stand still: if it were wrong, it would switch over too early, into seconds of downtime.
 */
class DowntimeIT {
    /** QEMU's limit is 0.3 s, for what it foresees; the rest is what the guest writes until it is stopped, and the end. */
    private static final long MOST_DOWNTIME_MILLIS = 1500;

    /** 40 MiB, which a link of 100 Mbit/s carries in 3.4 s, are written again and again. */
    private static final GuestSpec BUSY = new GuestSpec("busy", GuestSpec.Kind.TINY, 256, Map.of())
            .with("lab.check_mib", 160)
            .with("lab.random_percent", 100)
            .with("lab.rewrite_kib", 100_000);

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    @Test
    void qemuGoesOnIteratingAndSlowsTheGuestDownUntilItFits() {
        Scene scene = Scene.withGuest(LAB, BUSY);
        LAB.lab().shape("100mbit");

        Migration.Result result =
                new Migration(scene.guest(), scene.a(), scene.b(), Migration.Way.HDE, List.of("--auto-converge")).run();

        assertThat(result.doubts()).isEmpty();
        assertThat(result.rounds()).isGreaterThan(4);
        assertThat(result.downtimeMs()).isLessThan(MOST_DOWNTIME_MILLIS);
        JsonNode switchover = scene.a().agent().status().path("recent").path(0).path("switchover");
        long seen = switchover.path("last_round_ms").asLong()
                + switchover.path("device_state_ms").asLong()
                + switchover.path("delivery_ms").asLong()
                + switchover.path("loading_ms").asLong();
        assertThat(seen)
                .as("what the agent saw of the downtime: %s", switchover)
                .isBetween(1L, result.downtimeMs() + 50);
    }
}
