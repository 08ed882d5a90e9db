package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code hde estimate} says before a migration against what that costs, twenty times under different loads. */
class EstimateIT {
    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private static final Duration BOOT = Duration.ofMinutes(2);
    private static final Duration ROUNDS = Duration.ofMinutes(1);
    private static final double NEAR = 0.25;
    private static final int LEAST_NEAR = 16;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What the peer knows when the VM migrates. */
    private enum Peer {
        NOTHING,
        SEEDED,
        IT_WAS_THERE
    }

    private record Row(String guest, Peer peer, String link, long estimated, long came, long interfaces, String times) {
        boolean near() {
            return Math.abs(estimated - came) <= NEAR * came;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%-10s %-12s %-9s %10d %10d %+7.1f %% %s %10d  %s",
                    guest,
                    peer,
                    link,
                    estimated,
                    came,
                    100.0 * (estimated - came) / came,
                    near() ? "     " : "(far)",
                    interfaces,
                    times);
        }
    }

    private final List<Row> rows = new ArrayList<>();
    private final Lab lab = LAB.lab();

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new LabException("no JSON: " + text, e);
        }
    }

    private Guest start(GuestSpec spec) {
        Guest guest = lab.start(lab.host("hA"), spec);
        guest.awaitReady(BOOT);
        guest.awaitRounds(1, ROUNDS);
        return guest;
    }

    private void forget(Guest guest) {
        lab.hosts().forEach(host -> host.tryRun("hde", "baseline", "drop", guest.name()));
    }

    /** Estimates, migrates, and compares. */
    private void measure(Guest guest, Peer peer, String link) {
        LabHost from = guest.onlyHost();
        LabHost to =
                lab.hosts().stream().filter(host -> host != from).findFirst().orElseThrow();
        from.agent().awaitSocket(to, guest);
        if (peer == Peer.NOTHING) {
            forget(guest);
        } else if (peer == Peer.SEEDED) {
            forget(guest);
            from.agent().seed(guest, to);
        }
        lab.shape(link);
        JsonNode estimate = json(from.run("hde", "estimate", guest.name(), to.name(), "--json"));
        Migration.Result migrated = new Migration(guest, from, to, Migration.Way.HDE).run();
        lab.shape("unshaped");
        assertThat(migrated.doubts()).isEmpty();
        JsonNode record = json(from.run("hde", "history", "--json")).path(0);
        assertThat(record.path("vm").asText()).isEqualTo(guest.name());
        JsonNode hde = estimate.path("hde");
        rows.add(new Row(
                guest.name(),
                peer,
                link,
                hde.path("wire_bytes").asLong(),
                record.path("wire_bytes").asLong(),
                migrated.wireBytes(),
                hde.path("total_millis").asLong() + "/" + migrated.totalMs() + " ms, "
                        + hde.path("downtime_millis").asLong() + "/" + migrated.downtimeMs() + " ms, "
                        + hde.path("rounds").asLong() + "/" + migrated.rounds() + " rounds; "
                        + estimate.path("pages") + " " + migrated.pages() + " link "
                        + estimate.path("link_bytes_per_second").asLong() / 1_000_000 + " MB/s, writes "
                        + estimate.path("written_bytes_per_second").asLong() / 4096 + " pages/s"));
        System.out.println("estimate: " + rows.get(rows.size() - 1));
    }

    @Test
    void theBytesOfMostMigrationsAreNearTheEstimate() {
        // holds little and rests
        Guest idle = start(GuestSpec.tiny("idle").with("lab.rewrite_kib", 0).with("lab.pause_ms", 300));
        measure(idle, Peer.NOTHING, "unshaped");
        measure(idle, Peer.IT_WAS_THERE, "unshaped");
        measure(idle, Peer.SEEDED, "100mbit");
        measure(idle, Peer.NOTHING, "100mbit");
        // its sibling, of which the peer knows nothing but what it knows of the first
        Guest sibling =
                start(GuestSpec.tiny("sibling").with("lab.rewrite_kib", 0).with("lab.pause_ms", 300));
        measure(sibling, Peer.NOTHING, "unshaped");
        idle.remove();
        sibling.remove();

        // writes all the time, as it compresses on an average
        Guest usual = start(GuestSpec.tiny("usual").with("lab.rewrite_kib", 512).with("lab.pause_ms", 300));
        measure(usual, Peer.NOTHING, "unshaped");
        measure(usual, Peer.IT_WAS_THERE, "unshaped");
        measure(usual, Peer.IT_WAS_THERE, "20mbit");
        measure(usual, Peer.NOTHING, "50mbit");
        measure(usual, Peer.SEEDED, "50mbit");
        usual.remove();

        // noise
        Guest noise = start(GuestSpec.tiny("noise")
                .with("lab.check_mib", 24)
                .with("lab.random_percent", 100)
                .with("lab.rewrite_kib", 256)
                .with("lab.pause_ms", 300));
        measure(noise, Peer.NOTHING, "unshaped");
        measure(noise, Peer.NOTHING, "100mbit");
        measure(noise, Peer.IT_WAS_THERE, "50mbit");
        measure(noise, Peer.IT_WAS_THERE, "unshaped");
        measure(noise, Peer.SEEDED, "unshaped");
        noise.remove();

        // compresses to nothing, and writes much
        Guest busy = start(GuestSpec.tiny("busy")
                .with("lab.check_mib", 40)
                .with("lab.random_percent", 10)
                .with("lab.rewrite_kib", 2048)
                .with("lab.pause_ms", 300));
        measure(busy, Peer.NOTHING, "unshaped");
        measure(busy, Peer.NOTHING, "50mbit");
        measure(busy, Peer.IT_WAS_THERE, "100mbit");
        measure(busy, Peer.IT_WAS_THERE, "20mbit");
        measure(busy, Peer.SEEDED, "100mbit");
        busy.remove();

        rows.forEach(System.out::println);
        assertThat(rows).hasSize(20);
        assertThat(rows.stream().filter(Row::near))
                .as("estimates within a quarter of what came:\n%s", rows)
                .hasSizeGreaterThanOrEqualTo(LEAST_NEAR);
    }
}
