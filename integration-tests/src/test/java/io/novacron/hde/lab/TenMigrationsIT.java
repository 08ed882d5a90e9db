package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Errors that add up show only after a while: pages, baselines, memory. */
class TenMigrationsIT {
    private static final int TIMES = 10;
    private static final long MAX_RESIDENT_KIB = 160 << 10;

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    @Test
    void tenTimesThereAndBackWhileTheGuestRewritesItsMemory() {
        Scene scene = Scene.withGuest(LAB, "tiny");
        for (int time = 1; time <= TIMES; time++) {
            Migration.Result result = scene.migrate();
            if (time > 1) {
                assertThat(result.pages().kept())
                        .as("pages kept, time %d", time)
                        .isGreaterThan(5000);
            }
        }
        assertThat(scene.guest().console().complaints()).isEmpty();
        for (LabHost host : scene.lab().hosts()) {
            assertThat(host.agent().residentAnonymousKib())
                    .as("RssAnon of the agent on %s in KiB", host)
                    .isLessThanOrEqualTo(MAX_RESIDENT_KIB);
        }
    }
}
