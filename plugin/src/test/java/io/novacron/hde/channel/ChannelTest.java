package io.novacron.hde.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.Background;
import io.novacron.hde.LogCapture;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.channel.ChannelProgress.Outcome;
import io.novacron.hde.codec.ChannelRoom;
import io.novacron.hde.codec.GuestStream;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.forecast.PastForecast;
import io.novacron.hde.page.Page;
import io.novacron.hde.tunnel.TestPki;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole channels: real sockets, real TLS, real stores; only the two QEMUs are the test's. */
@Timeout(120)
class ChannelTest {
    private static final int PAGES = 2000;

    @TempDir
    Path directory;

    private TestPki pki;
    private Host a;
    private Host b;

    @BeforeEach
    void open() throws Exception {
        pki = new TestPki(directory.resolve("pki"), "authority");
        a = new Host("a", pki, directory.resolve("a"));
        b = new Host("b", pki, directory.resolve("b"));
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    private static GuestStream guest(int pages, long seed) {
        Random random = new Random(seed);
        GuestStream guest = new GuestStream(pages);
        for (int page = 0; page < pages; page++) {
            if (page % 4 != 0) {
                guest.write(random, page);
            }
        }
        return guest;
    }

    private static Set<String> roots(List<MemoryTable> tables) {
        Set<String> roots = new HashSet<>();
        tables.forEach(table -> roots.add(table.root().toString()));
        return roots;
    }

    private static long pages(ChannelProgress progress, Tier... tiers) {
        return Arrays.stream(tiers)
                .mapToLong(tier -> progress.pagesByTier().get(tier))
                .sum();
    }

    /** A migration that must succeed. */
    private Migration migrate(Host from, Host to, List<MemoryTable> baselines, byte[] stream) throws Exception {
        try (Migration migration = new Migration(directory, from, to, baselines)) {
            assertThat(migration.migrate(stream)).isEqualTo(stream);
            assertThat(migration.source.reason()).isNull();
            assertThat(migration.destination.reason()).isNull();
            assertThat(migration.source.outcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(migration.destination.outcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(migration.source.streamBytes()).isEqualTo(stream.length);
            assertThat(migration.destination.streamBytes()).isEqualTo(stream.length);
            assertThat(migration.destination.streamSha256())
                    .isEqualTo(migration.source.streamSha256())
                    .hasSize(64);
            return migration;
        }
    }

    @Test
    void aStreamArrivesAsItWasAndBothHostsKnowTheSameMemory() throws Exception {
        byte[] stream = guest(PAGES, 1).whole();

        Migration migration = migrate(a, b, List.of(), stream);

        assertThat(pages(migration.source, Tier.values())).isEqualTo(PAGES);
        assertThat(migration.source.pagesByTier()).isEqualTo(migration.destination.pagesByTier());
        assertThat(migration.source.naks()).isZero();
        assertThat(migration.source.wireBytes()).isBetween(1L, stream.length / 2L);
        assertThat(a.completed()).hasSize(1);
        assertThat(roots(a.completed())).isEqualTo(roots(b.completed()));
        assertThat(migration.source.baselineCommitted())
                .isEqualTo(migration.destination.baselineCommitted())
                .isEqualTo(a.completed().get(0).root().toString());
        assertThat(a.interrupted()).isEmpty();
        assertThat(b.interrupted()).isEmpty();
    }

    @Test
    void theWayBackFindsEverythingInPlace() throws Exception {
        GuestStream guest = guest(PAGES, 2);
        migrate(a, b, List.of(), guest.whole());
        guest.memory[5 * Page.SIZE + 9] ^= 1;
        byte[] stream = guest.whole();

        Migration back = migrate(b, a, List.of(b.completed().get(0)), stream);

        assertThat(pages(back.source, Tier.KEPT)).isEqualTo(PAGES * 3L / 4 - 1);
        assertThat(pages(back.source, Tier.DELTA)).isEqualTo(1);
        assertThat(back.source.naks()).isZero();
        // device state, which is noise, and next to nothing
        assertThat(back.source.wireBytes()).isLessThan(60_000);
        assertThat(roots(a.completed())).isEqualTo(roots(b.completed())).hasSize(2);
    }

    /** A second round of what was written meanwhile, and a third. */
    @Test
    void whatWasForecastOnTheWayIsKeptWithWhatCame() throws Exception {
        GuestStream guest = guest(PAGES, 11);
        guest.start();
        guest.part(0, PAGES, false);
        Random random = new Random(12);
        for (int page = 0; page < PAGES; page += 10) {
            guest.write(random, page);
        }
        guest.part(0, PAGES / 2, false);
        guest.part(0, 20, true);

        Migration migration = migrate(a, b, List.of(), guest.end());

        PastForecast past = migration.source.pastForecast().orElseThrow();
        assertThat(past.peer()).isEqualTo("b");
        assertThat(past.early().trueBytes())
                .isGreaterThan(past.middle().trueBytes())
                .isLessThan(migration.source.wireBytes());
        assertThat(past.middle().bytes()).isPositive();
        assertThat(past.middle().error()).isPresent();
        assertThat(migration.source.forecast()).isEmpty();
        assertThat(migration.destination.pastForecast()).isEmpty();
        ForecastHistory history = new ForecastHistory(a.store);
        history.add(past);
        assertThat(new ForecastHistory(a.store).newest()).hasValue(past);
    }

    @Test
    void aPageOfZerosSentAsAPageIsRebuiltToo() throws Exception {
        GuestStream guest = guest(40, 3);
        migrate(a, b, List.of(), guest.whole());
        byte[] stream = guest.whole();
        byte[] again = new ZeroPages(40).whole();

        Migration first = migrate(a, b, List.of(a.completed().get(0)), again);
        Migration second = migrate(a, b, List.of(a.completed().get(1)), again);

        assertThat(first.source.naks()).isZero();
        assertThat(pages(second.source, Tier.KEPT)).isEqualTo(40);
        assertThat(stream).isNotEqualTo(again);
    }

    /** Nothing may wait for more: each side sends only when it has the other's answer to what it sent before. */
    @Test
    void theReturnPathIsRelayedBothWaysAtOnce() throws Exception {
        try (Migration migration = new Migration(directory, a, b, List.of())) {
            byte[] pong = {0, 2, 0, 4, 0, 0, 0, 1};
            int sent = 0;
            GuestStream sections = guest(64, 4);
            sections.start();
            for (int i = 0; i < 16; i++) {
                sections.part(4 * i, 4 * i + 4, i == 15);
                byte[] soFar = sections.written();
                migration.from.write(soFar, sent, soFar.length - sent);
                assertThat(migration.to.read(soFar.length - sent))
                        .isEqualTo(Arrays.copyOfRange(soFar, sent, soFar.length));
                sent = soFar.length;
                migration.to.write(pong);
                assertThat(migration.from.read(pong.length)).isEqualTo(pong);
            }
            byte[] whole = sections.end();
            migration.from.write(whole, sent, whole.length - sent);
            assertThat(migration.to.read(whole.length - sent)).isEqualTo(Arrays.copyOfRange(whole, sent, whole.length));
            migration.to.write(Migration.SHUT_SUCCESS);
            assertThat(migration.from.read(8)).isEqualTo(Migration.SHUT_SUCCESS);
            migration.from.qemu.close();
            migration.to.qemu.close();
            migration.awaitEnd();
            assertThat(migration.source.outcome()).isEqualTo(Outcome.COMPLETED);
        }
        assertThat(roots(a.completed())).isEqualTo(roots(b.completed())).hasSize(1);
    }

    @Test
    void aDestinationThatReportsFailureMakesNoBaseline() throws Exception {
        byte[] stream = guest(200, 5).whole();
        try (Migration migration = new Migration(directory, a, b, List.of())) {
            migration.from.write(stream);
            assertThat(migration.to.read(stream.length)).isEqualTo(stream);
            migration.to.write(Migration.SHUT_FAILURE);
            migration.to.qemu.close();
            assertThat(migration.from.readToTheEnd()).isEqualTo(Migration.SHUT_FAILURE);
            migration.from.qemu.close();
            migration.awaitEnd();
            assertThat(migration.source.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(migration.source.reason()).isEqualTo("the destination QEMU did not report success");
            assertThat(migration.destination.outcome()).isEqualTo(Outcome.FAILED);
        }
        assertThat(a.completed()).isEmpty();
        assertThat(b.completed()).isEmpty();
        assertThat(roots(a.interrupted())).containsAll(roots(b.interrupted()));
    }

    // ---- what is not there any more ---------------------------------------------------------------------------------

    @Test
    void whatTheDestinationHasLostIsSentAgain() throws Exception {
        GuestStream guest = guest(600, 6);
        byte[] stream = guest.whole();
        migrate(a, b, List.of(), stream);
        try (Host forgetful = new Host("b", pki, directory.resolve("forgetful"))) {
            Migration migration = migrate(a, forgetful, List.of(a.completed().get(0)), stream);

            assertThat(migration.source.naks()).isPositive().isEqualTo(migration.destination.naks());
            assertThat(pages(migration.destination, Tier.RAW)).isPositive();
            assertThat(roots(forgetful.completed())).isEqualTo(roots(a.completed()));

            // and has been kept: nothing is missed a second time
            Migration next = migrate(a, forgetful, List.of(a.completed().get(1)), stream);
            assertThat(next.source.naks()).isZero();
            assertThat(pages(next.source, Tier.KEPT)).isEqualTo(450);
        }
    }

    @Test
    void aDestinationThatHasLostMuchIsReferredToLess() throws Exception {
        byte[] stream = guest(9000, 7).whole();
        migrate(a, b, List.of(), stream);
        try (Host forgetful = new Host("b", pki, directory.resolve("forgetful"));
                LogCapture log = new LogCapture()) {
            Migration migration = migrate(a, forgetful, List.of(a.completed().get(0)), stream);

            assertThat(log.text()).contains("misses pages of agreed baselines; they are no longer used");
            assertThat(migration.source.naks()).isGreaterThanOrEqualTo(4);
            assertThat(pages(migration.source, Tier.NEW)).isPositive();
            assertThat(pages(migration.source, Tier.KEPT)).isPositive();
        }
    }

    // ---- what is not a migration stream -----------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"multifd", "tls", "noise", "text", "empty", "unfinished magic"})
    void whatIsNoMigrationStreamPassesThrough(String kind) throws Exception {
        byte[] stream = new byte[3_000_000];
        new Random(8).nextBytes(stream);
        byte[] beginning = {};
        switch (kind) {
            case "multifd" -> beginning = new byte[] {0x11, 0x22, 0x33, 0x44, 0, 0, 0, 1};
            case "tls" -> beginning = new byte[] {0x16, 3, 1, 2, 0};
            case "text" -> Arrays.fill(stream, (byte) 'x');
            case "empty" -> stream = new byte[0];
            case "unfinished magic" -> stream = new byte[] {'Q', 'E', 'V'};
            default -> stream[0] = 1;
        }
        System.arraycopy(beginning, 0, stream, 0, beginning.length);
        byte[] all = stream;
        try (Migration migration = new Migration(directory, a, b, List.of())) {
            CompletableFuture<Void> writing = Background.run(() -> {
                migration.from.write(all);
                migration.from.qemu.shutdownOutput();
            });
            assertThat(migration.to.readToTheEnd()).isEqualTo(all);
            writing.join();
            migration.to.qemu.close();
            assertThat(migration.from.readToTheEnd()).isEmpty();
            migration.awaitEnd();
            if (all.length > 3) {
                assertThat(migration.source.passThroughReason()).isNotNull();
                assertThat(migration.source.outcome()).isEqualTo(Outcome.COMPLETED);
            }
            assertThat(migration.destination.outcome()).isEqualTo(migration.source.outcome());
        }
        assertThat(a.completed()).isEmpty();
        assertThat(a.interrupted()).isEmpty();
        assertThat(b.interrupted()).isEmpty();
    }

    /** As NBD does: question and answer, and much in both directions. */
    @Test
    void aConversationPassesThroughWithoutWaiting() throws Exception {
        try (Migration migration = new Migration(directory, a, b, List.of())) {
            Random random = new Random(9);
            for (int i = 0; i < 60; i++) {
                byte[] question = new byte[1 + random.nextInt(3000)];
                random.nextBytes(question);
                question[0] = 1;
                migration.from.write(question);
                assertThat(migration.to.read(question.length)).isEqualTo(question);
                byte[] answer = new byte[1 + random.nextInt(3000)];
                random.nextBytes(answer);
                migration.to.write(answer);
                assertThat(migration.from.read(answer.length)).isEqualTo(answer);
            }
            byte[] much = new byte[8 << 20];
            random.nextBytes(much);
            CompletableFuture<Void> there = Background.run(() -> migration.from.write(much));
            CompletableFuture<Void> back = Background.run(() -> migration.to.write(much));
            CompletableFuture<Void> received = Background.run(
                    () -> assertThat(migration.to.read(much.length)).isEqualTo(much));
            assertThat(migration.from.read(much.length)).isEqualTo(much);
            CompletableFuture.allOf(there, back, received).join();
            migration.from.qemu.close();
            migration.to.qemu.close();
            migration.awaitEnd();
        }
    }

    // ---- a destination that does not keep up ------------------------------------------------------------------------

    /**
     * QEMU takes what its socket has accepted for sent. However slow the destination is, that may be ahead of it by no
     * more than a full window and the sockets' own buffers.
     */
    @Test
    void aSlowDestinationHoldsTheSourcesQemuBack() throws Exception {
        long bound = (ChannelRoom.WIDE.segments() + 4L) * io.novacron.hde.codec.Segment.CAPACITY;
        GuestStream noise = new GuestStream(12_000);
        Random random = new Random(10);
        for (int page = 0; page < 12_000; page++) {
            noise.writeNoise(random, page);
        }
        byte[] stream = noise.whole();
        assertThat((long) stream.length).isGreaterThan(2 * bound);
        AtomicLong written = new AtomicLong();
        try (Migration migration = new Migration(directory, a, b, List.of())) {
            CompletableFuture<Void> writing = Background.run(() -> {
                for (int at = 0; at < stream.length; at += 32_768) {
                    int length = Math.min(32_768, stream.length - at);
                    migration.from.write(stream, at, length);
                    written.addAndGet(length);
                }
                migration.from.read(8);
                migration.from.qemu.close();
            });
            // nobody reads: let it come to a stop
            long before;
            do {
                before = written.get();
                Thread.sleep(500);
            } while (written.get() > before);
            assertThat(written.get()).isPositive().isLessThan(bound);
            int at = 0;
            while (at < stream.length) {
                int length = Math.min(1 << 20, stream.length - at);
                byte[] piece = migration.to.read(length);
                at += length;
                assertThat(written.get() - at).isLessThan(bound);
                assertThat(piece).isEqualTo(Arrays.copyOfRange(stream, at - length, at));
            }
            migration.to.write(Migration.SHUT_SUCCESS);
            migration.to.qemu.close();
            writing.join();
            migration.awaitEnd();
            assertThat(migration.source.outcome()).isEqualTo(Outcome.COMPLETED);
        }
    }
}
