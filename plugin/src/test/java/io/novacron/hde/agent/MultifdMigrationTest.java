package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.baseline.Baseline;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.codec.GuestStream;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.page.Page;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A migration over several connections makes one baseline, which all connections of the next one build on. */
class MultifdMigrationTest {
    private static final int PAGES = 3000;

    @TempDir
    Path directory;

    private static byte[] mainStream(GuestStream guest) {
        guest.start();
        guest.part(0, 0, false);
        guest.part(0, 0, true);
        return guest.end();
    }

    private static List<byte[]> channels(GuestStream guest, int border) {
        return List.of(guest.multifdChannel(0, border, 128), guest.multifdChannel(border, PAGES, 128));
    }

    @Test
    void whatTheChannelsCarryIsOneBaseline() throws Exception {
        GuestStream guest = GuestStream.mostlyWritten(PAGES);
        MigrationHosts hosts = new MigrationHosts(directory);
        try (MigrationHosts.Host a = hosts.open("a", "");
                MigrationHosts.Host b = hosts.open("b", "")) {
            ChannelProgress first = hosts.migrate(a, b, mainStream(guest), channels(guest, 1000));

            Baseline atA = a.catalog.list().get(0);
            assertThat(first.baselineCommitted()).isEqualTo(atA.root().toString());
            assertThat(b.catalog.list()).singleElement().satisfies(atB -> {
                assertThat(atB.root()).isEqualTo(atA.root());
                assertThat(atB.isPartial()).isFalse();
                assertThat(atB.presentPages()).isEqualTo(PAGES);
            });
            assertThat(first.pastForecast()).isEmpty();

            // the pages cross on other channels than the first time
            guest.memory[100 * Page.SIZE]++;
            hosts.migrate(a, b, mainStream(guest), channels(guest, 2000));

            long kept = 0;
            long wireBytes = 0;
            for (ChannelProgress channel : a.channels.recent().subList(0, 3)) {
                kept += channel.pagesByTier().get(Tier.KEPT);
                wireBytes += channel.wireBytes();
            }
            assertThat(kept).isGreaterThan(PAGES * 3 / 4);
            assertThat(wireBytes).isLessThan(PAGES * (long) Page.SIZE / 50);
            assertThat(b.catalog.newest(atA.vm()).orElseThrow().root())
                    .isEqualTo(a.catalog.newest(atA.vm()).orElseThrow().root())
                    .isNotEqualTo(atA.root());
        }
    }
}
