package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The lab itself: two hosts, a guest, a migration without HDE, and measurements one can believe. */
class PlainMigrationIT {
    private static final long MIB = 1 << 20;

    @RegisterExtension
    static final RunningLab LAB = new RunningLab("hA", "hB");

    @Test
    void theTinyGuestMigratesThereAndBack() {
        Lab lab = LAB.lab();
        LabHost a = lab.host("hA");
        LabHost b = lab.host("hB");
        Guest guest = lab.start(a, GuestSpec.tiny("tiny"));
        guest.awaitReady(Duration.ofMinutes(2));
        guest.awaitRounds(1, Duration.ofMinutes(1));

        for (Migration migration : List.of(
                new Migration(guest, a, b, Migration.Way.PLAIN), new Migration(guest, b, a, Migration.Way.PLAIN))) {
            Migration.Result result = migration.run();

            assertThat(result.doubts()).isEmpty();
            assertThat(guest.hosts()).containsExactly(migration.to());
            // Its kernel and file system, and at least half of what it checks, which nothing can shrink.
            assertThat(result.pages().raw() * 4096).isBetween(40 * MIB, 128 * MIB);
            assertThat(result.wireBytes())
                    .isBetween(result.pages().raw() * 4096, result.pages().raw() * 4096 * 11 / 10);
            assertThat(result.totalMs()).isPositive().isLessThan(result.wallMs());
            assertThat(result.downtimeMs()).isPositive().isLessThanOrEqualTo(result.totalMs());
        }
    }

    @Test
    void theLinkIsShapedAsAskedInBothDirections() {
        Lab lab = LAB.lab();
        for (LabHost host : lab.hosts()) {
            assertThat(host.run("tc", "qdisc", "show", "dev", "eth0")).doesNotContain("tbf");
        }

        lab.shape("80mbit");
        for (LabHost host : lab.hosts()) {
            assertThat(host.run("tc", "qdisc", "show", "dev", "eth0")).contains("tbf", "rate 80Mbit");
        }
        assertThatThrownBy(() -> lab.shape("quickly"))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("'quickly'");

        lab.shape("unshaped");
        for (LabHost host : lab.hosts()) {
            assertThat(host.run("tc", "qdisc", "show", "dev", "eth0")).doesNotContain("tbf");
        }
    }

    @Test
    void aMigrationThatCannotWorkFailsAndTheGuestStays() {
        Lab lab = LAB.lab();
        LabHost a = lab.host("hA");
        LabHost b = lab.host("hB");
        Guest guest = lab.start(a, GuestSpec.tiny("stays"));
        guest.awaitReady(Duration.ofMinutes(2));

        // No agent runs, so nobody listens on the tunnel URI's socket.
        Output output = new Migration(guest, a, b, Migration.Way.HDE).attempt();

        assertThat(output.ok()).isFalse();
        assertThat(guest.hosts()).containsExactly(a);
        assertThat(guest.awaitRounds(2, Duration.ofMinutes(1)).complaints()).isEmpty();
    }
}
