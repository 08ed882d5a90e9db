package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.baseline.Baseline;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.seed.MadeUpPages;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From one host's agent to the other's, with everything in between but the guest. */
class SeedPassTest {
    private static final int PAGES = 2000;

    @TempDir
    Path directory;

    private final MadeUpPages guest = new MadeUpPages().with("pc.ram", PAGES);

    SeedPassTest() {
        for (int page = 0; page < PAGES; page += 2) {
            guest.write(0, page, page + 1L);
        }
    }

    private static List<String> roots(MigrationHosts.Host host) {
        return host.catalog.list().stream().map(each -> each.root().toString()).toList();
    }

    /** What QEMU writes when this guest migrates. */
    private byte[] migration() {
        ByteBuffer out = ByteBuffer.allocate(PAGES * (Page.SIZE + 64) + 4096);
        GuestStreamWriter stream = new GuestStreamWriter();
        stream.start(out, "pc-q35-7.2", List.of(new RamBlock("pc.ram", (long) PAGES * Page.SIZE)));
        stream.beginSection(out);
        for (int page = 0; page < PAGES; page++) {
            if (page % 2 == 1) {
                stream.zeroPage(out, 0, (long) page * Page.SIZE);
            } else {
                out.put(
                        stream.beginPage(out, 0, (long) page * Page.SIZE),
                        guest.content(0),
                        page * Page.SIZE,
                        Page.SIZE);
            }
        }
        stream.endSection(out);
        stream.beginLastSection(out);
        stream.endSection(out);
        stream.end(out, "{}");
        byte[] bytes = new byte[out.position()];
        out.get(0, bytes);
        return bytes;
    }

    @Test
    void theFirstMigrationOfASeededGuestCostsNothing() throws Exception {
        MigrationHosts hosts = new MigrationHosts(directory);
        try (MigrationHosts.Host a = hosts.open("a", "");
                MigrationHosts.Host b = hosts.open("b", "")) {
            SeedPass.Result seeded = hosts.seed(a, b, guest, 0, () -> false);
            assertThat(seeded.position()).isEqualTo(PAGES);
            assertThat(seeded.channel().outcome()).isEqualTo(ChannelProgress.Outcome.COMPLETED);
            assertThat(roots(a)).hasSize(1).isEqualTo(roots(b));
            assertThat(seeded.channel().baselineCommitted()).isEqualTo(roots(a).get(0));

            ChannelProgress migrated = hosts.migrate(a, b, migration());
            assertThat(migrated.baselineUsed()).isEqualTo(roots(a).get(0));
            assertThat(migrated.pagesByTier())
                    .containsEntry(Tier.KEPT, PAGES / 2L)
                    .containsEntry(Tier.NEW, 0L);
        }
    }

    @Test
    void aSecondPassSendsOnlyWhatHasChanged() throws Exception {
        MigrationHosts hosts = new MigrationHosts(directory);
        try (MigrationHosts.Host a = hosts.open("a", "");
                MigrationHosts.Host b = hosts.open("b", "")) {
            long first = hosts.seed(a, b, guest, 0, () -> false).channel().streamBytes();
            guest.write(0, 10, 77);
            guest.write(0, 12, 0);
            guest.write(0, 13, 78);
            ChannelProgress second = hosts.seed(a, b, guest, 0, () -> false).channel();
            assertThat(second.streamBytes()).isLessThan(first / 100);
            assertThat(second.pagesByTier()).containsEntry(Tier.KEPT, 0L).containsEntry(Tier.ZERO, 1L);
            Baseline newest = a.catalog.list().stream()
                    .filter(each -> each.root().toString().equals(second.baselineCommitted()))
                    .findFirst()
                    .orElseThrow();
            assertThat(newest.presentPages()).isEqualTo(PAGES);
            assertThat(roots(b)).contains(second.baselineCommitted());
        }
    }

    @Test
    void aPassThatIsStoppedLeavesABaselineThatTheNextGoesOnFrom() throws Exception {
        MigrationHosts hosts = new MigrationHosts(directory);
        try (MigrationHosts.Host a = hosts.open("a", "");
                MigrationHosts.Host b = hosts.open("b", "")) {
            AtomicInteger asked = new AtomicInteger();
            SeedPass.Result part = hosts.seed(a, b, guest, 0, () -> asked.getAndIncrement() == 3);
            assertThat(part.position()).isEqualTo(3 * 256);
            assertThat(part.channel().outcome()).isEqualTo(ChannelProgress.Outcome.COMPLETED);
            SeedPass.Result rest = hosts.seed(a, b, guest, part.position(), () -> false);
            assertThat(rest.position()).isEqualTo(PAGES);
            ChannelProgress migrated = hosts.migrate(a, b, migration());
            assertThat(migrated.pagesByTier())
                    .containsEntry(Tier.KEPT, PAGES / 2L)
                    .containsEntry(Tier.NEW, 0L);
        }
    }

    @Test
    void aGuestThatExitsFailsThePassAndWhatCrossedStaysKnown() throws Exception {
        MigrationHosts hosts = new MigrationHosts(directory);
        try (MigrationHosts.Host a = hosts.open("a", "");
                MigrationHosts.Host b = hosts.open("b", "")) {
            guest.exitAfter(900);
            assertThatThrownBy(() -> hosts.seed(a, b, guest, 0, () -> false)).hasMessage("vm: the QEMU has exited");
            assertThat(a.catalog.list()).allMatch(Baseline::isPartial).isNotEmpty();
            assertThat(roots(b)).isNotEmpty().allMatch(roots(a)::contains);
        }
    }

    @Test
    void aHostThatDoesNotWantToBeSeededSaysSo() throws Exception {
        MigrationHosts hosts = new MigrationHosts(directory);
        try (MigrationHosts.Host a = hosts.open("a", "");
                MigrationHosts.Host b = hosts.open("b", "", "may-seed: false")) {
            assertThatThrownBy(() -> hosts.seed(a, b, guest, 0, () -> false))
                    .hasMessage("peer b refused: peer a may not seed host b (peers.a.may-seed is false there)");
            assertThat(b.catalog.list()).isEmpty();
        }
    }
}
