package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.SeedReport;
import io.novacron.hde.control.SeedReport.State;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.seed.GuestException;
import io.novacron.hde.seed.MadeUpPages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When passes are made, and what is told of them. */
class SeedingTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final DomainInfo VM = MigrationHosts.VM;
    private static final int PAGES = 1200;

    @TempDir
    Path directory;

    private final MadeUpPages guest = new MadeUpPages().with("pc.ram", PAGES);

    SeedingTest() {
        for (int page = 0; page < PAGES; page += 2) {
            guest.write(0, page, page + 1L);
        }
    }

    private void seeding(String options, String peerOptions, Seeding.Guests guests, MigrationHosts.Seeded work)
            throws Exception {
        MigrationHosts hosts = new MigrationHosts(directory);
        try (MigrationHosts.Host a = hosts.open("a", options, peerOptions);
                MigrationHosts.Host b = hosts.open("b", "")) {
            hosts.seeding(a, b, guests, work);
        }
    }

    private static SeedReport await(Seeding seeding, Predicate<SeedReport> until) {
        Awaitility.await().atMost(LIMIT).until(() -> seeding.reports().stream().anyMatch(until));
        return seeding.reports().stream().filter(until).findFirst().orElseThrow();
    }

    @Test
    void whatTheConfigurationNamesIsSentAndKeptFreshWhileItRuns() throws Exception {
        seeding("seed: {interval: 10s, max-processors: 8}", "seed: v*", domain -> guest, seeding -> {
            seeding.active(new DomainInfo("other", "00000000-0000-0000-0000-000000000009"));
            assertThat(seeding.reports()).isEmpty();
            seeding.active(VM);
            SeedReport fresh = await(seeding, report -> report.passes() == 1);
            assertThat(fresh.state()).isEqualTo(State.FRESH);
            assertThat(fresh.policy()).isTrue();
            assertThat(fresh.pagesDone()).isEqualTo(PAGES).isEqualTo(fresh.pages());
            assertThat(fresh.pagesSent()).isEqualTo(PAGES / 2);
            assertThat(fresh.due()).isEqualTo(fresh.completed().plusSeconds(10));
            assertThat(fresh.baseline()).hasSize(64);
            seeding.inactive(VM);
            assertThat(seeding.reports()).isEmpty();
        });
    }

    @Test
    void whatIsAskedForOnceIsSentOnceAndCanBeAskedForAgain() throws Exception {
        seeding("seed: {max-processors: 8}", "seed: none", domain -> guest, seeding -> {
            seeding.active(VM);
            assertThat(seeding.reports()).isEmpty();
            seeding.seed("vm", "b", Optional.empty(), OptionalLong.empty());
            SeedReport completed = await(seeding, report -> report.state() == State.COMPLETED);
            assertThat(completed.due()).isNull();
            guest.write(0, 0, 99);
            seeding.seed("vm", "b", Optional.empty(), OptionalLong.empty());
            SeedReport again = await(
                    seeding,
                    report -> report.state() == State.COMPLETED
                            && !report.baseline().equals(completed.baseline()));
            assertThat(again.pagesSent()).isEqualTo(1);
        });
    }

    @Test
    void aMigrationEndsThePassAndThatGoesOnLaterFromWhereItWas() throws Exception {
        seeding("seed: {max-processors: 0.01}", "seed: none", domain -> guest, seeding -> {
            seeding.active(VM);
            seeding.seed("vm", "b", Optional.empty(), OptionalLong.of(1 << 16));
            await(seeding, report -> report.state() == State.RUNNING && report.pagesDone() > 0);
            seeding.giveWay(VM.uuid());
            SeedReport waiting = seeding.reports().get(0);
            assertThat(waiting.state()).isEqualTo(State.WAITING);
            assertThat(waiting.pagesDone()).isPositive().isLessThan(PAGES);
            assertThat(waiting.baseline()).as("of what has crossed").hasSize(64);
            assertThat(waiting.due()).isNotNull();
        });
    }

    @Test
    void aGuestThatCannotBeReadFailsWithItsReason() throws Exception {
        seeding(
                "",
                "seed: none",
                domain -> {
                    throw new GuestException(domain.name() + ": there is no QEMU", null);
                },
                seeding -> {
                    seeding.active(VM);
                    seeding.seed("vm", "b", Optional.empty(), OptionalLong.empty());
                    SeedReport failed = await(seeding, report -> report.state() == State.FAILED);
                    assertThat(failed.error()).isEqualTo("vm: there is no QEMU");
                    assertThat(failed.due()).isNull();
                });
    }

    @Test
    void whatIsStoppedStaysStopped() throws Exception {
        seeding("seed: {interval: 10s, max-processors: 8}", "seed: '*'", domain -> guest, seeding -> {
            seeding.active(VM);
            await(seeding, report -> report.passes() == 1);
            assertThat(seeding.stop("vm", "b").state()).isEqualTo(State.STOPPED);
            seeding.active(VM);
            assertThat(seeding.reports().get(0).due()).isNull();
        });
    }

    @Test
    void nobodyIsSeededThatIsNotThere() throws Exception {
        seeding("", "may-receive: false", domain -> guest, seeding -> {
            assertThatThrownBy(() -> seeding.seed("vm", "b", Optional.empty(), OptionalLong.empty()))
                    .isInstanceOf(ControlException.class)
                    .hasMessage("no VM vm runs on this host, as far as libvirt says");
            seeding.active(VM);
            assertThatThrownBy(() -> seeding.seed("vm", "c", Optional.empty(), OptionalLong.empty()))
                    .hasMessage("no peer is called \"c\"; there are b");
            assertThatThrownBy(() -> seeding.seed("vm", "b", Optional.empty(), OptionalLong.empty()))
                    .hasMessage("peer b may not receive VMs from this host: peers.b.may-receive is false");
            assertThatThrownBy(() -> seeding.stop("vm", "b")).hasMessage("vm is not being seeded to b");
        });
    }
}
