package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An agent's own memory stays small at all times: while it warms up, and while a VM of several GiB migrates of which
 * nothing is known yet.
 */
class MemoryLimitIT {
    private static final int MEMORY_MIB = 4096;
    private static final int USED_MIB = 1536;
    private static final long MOST_PAGES = USED_MIB * 256L * 9 / 10;

    private static final long AGENT_KIB = 160 << 10;

    private static final long VMS_SHARE = 500;

    /** With fewer, the watch cannot have seen much. */
    private static final long FEWEST_LOOKS = 10;

    @RegisterExtension
    static final RunningLab LAB = new RunningLab("hA", "hB");

    @Test
    void residentMemoryIsBoundedWhileALargeVmMigrates() {
        Lab lab = LAB.lab();
        try (ResidentWatch watch = new ResidentWatch(lab.hosts())) {
            lab.hosts().forEach(host -> host.agent().start());
            lab.hosts().forEach(host -> host.agent().awaitReady());
            assertWithin(watch, AGENT_KIB, "warming up");

            Scene scene = Scene.withGuest(
                    LAB,
                    new GuestSpec("large", GuestSpec.Kind.TINY, MEMORY_MIB, Map.of())
                            .with("lab.check_mib", USED_MIB)
                            .with("lab.random_percent", 40));
            assertWithin(watch, AGENT_KIB, "at rest");

            long limit = AGENT_KIB + (MEMORY_MIB << 10) / VMS_SHARE;
            Migration.Result first = scene.migrate();
            assertThat(first.pages().newPages() + first.pages().delta())
                    .as("pages that were new, or like such")
                    .isGreaterThan(MOST_PAGES);
            assertWithin(watch, limit, "first migration");
            Migration.Result back = scene.migrate();
            assertThat(back.pages().kept()).as("pages kept").isGreaterThan(MOST_PAGES);
            assertWithin(watch, limit, "migration back");
        }
    }

    private static void assertWithin(ResidentWatch watch, long limitKib, String when) {
        for (LabHost host : LAB.lab().hosts()) {
            ResidentWatch.Seen seen = watch.take(host);
            assertThat(seen.looks())
                    .as("looks at the agent on %s, %s", host, when)
                    .isGreaterThan(FEWEST_LOOKS);
            assertThat(seen.highestKib())
                    .as("highest RssAnon of the agent on %s in KiB, %s", host, when)
                    .isLessThanOrEqualTo(limitKib);
        }
    }
}
