package io.novacron.hde.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.Background;
import io.novacron.hde.channel.ChannelProgress.Outcome;
import io.novacron.hde.channel.Migration.Ends;
import io.novacron.hde.codec.GuestStream;
import io.novacron.hde.tunnel.TestPki;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A migration whose connection breaks, however often and wherever, arrives as if nothing had been. */
@Timeout(90)
class ChannelResumeTest {
    @TempDir
    Path directory;

    private Host a;
    private Host b;
    private byte[] stream;

    @BeforeEach
    void open() throws Exception {
        TestPki pki = new TestPki(directory.resolve("pki"), "authority");
        a = new Host("a", pki, directory.resolve("a"));
        b = new Host("b", pki, directory.resolve("b"));
        stream = GuestStream.mostlyWritten(1500).whole();
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    private void assertBothHaveTheSame(Migration migration) {
        assertThat(migration.source.outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(migration.destination.outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(migration.source.streamSha256()).isEqualTo(migration.destination.streamSha256());
        assertThat(migration.source.baselineCommitted())
                .isNotNull()
                .isEqualTo(migration.destination.baselineCommitted());
        assertThat(migration.source.naks()).isZero();
    }

    /** Every connection breaks after so many bytes; a whole handshake and a batch fit. */
    @ParameterizedTest
    @ValueSource(longs = {300_000, 500_000, 900_000})
    void everyConnectionBreaks(long after) throws Exception {
        try (Migration migration = new Migration(directory, a, b, List.of(), Ends.BOTH, after, Migration.RESUMED)) {
            assertThat(migration.migrate(stream)).isEqualTo(stream);
            assertThat(migration.source.resumptions()).isPositive();
            assertBothHaveTheSame(migration);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void cutAtAnyMoment(long seed) throws Exception {
        Random random = new Random(seed);
        try (Migration migration =
                new Migration(directory, a, b, List.of(), Ends.BOTH, Long.MAX_VALUE, Migration.RESUMED)) {
            CompletableFuture<Void> cutting = Background.run(() -> {
                for (int i = 0; i < 4; i++) {
                    Thread.sleep(random.nextInt(60));
                    migration.relay.cut();
                }
            });
            assertThat(migration.migrate(stream)).isEqualTo(stream);
            cutting.join();
            assertBothHaveTheSame(migration);
        }
    }

    /** The guest is already stopped, its device state is read, and the destination has not said that it runs. */
    @Test
    void cutBetweenTheLastByteAndTheDestinationsWord() throws Exception {
        try (Migration migration =
                new Migration(directory, a, b, List.of(), Ends.BOTH, Long.MAX_VALUE, Migration.RESUMED)) {
            CompletableFuture<byte[]> answer = new CompletableFuture<>();
            CompletableFuture<Void> writing = Background.run(() -> {
                migration.from.write(stream);
                answer.complete(migration.from.read(Migration.SHUT_SUCCESS.length));
                migration.from.qemu.close();
            });
            assertThat(migration.to.read(stream.length)).isEqualTo(stream);
            migration.relay.silent(true);
            migration.relay.cut();
            Awaitility.await().until(() -> !migration.destinationTunnel.isConnected());
            migration.to.write(Migration.SHUT_SUCCESS);
            migration.to.qemu.close();
            assertThat(answer).isNotDone();
            migration.relay.silent(false);
            writing.join();
            migration.awaitEnd();
            assertThat(answer.join()).isEqualTo(Migration.SHUT_SUCCESS);
            assertBothHaveTheSame(migration);
        }
    }

    /** Nothing that the other end could still say would be of use. */
    @Test
    void aQemuThatGivesUpMeanwhileIsNotKeptWaiting() throws Exception {
        try (Migration migration =
                new Migration(directory, a, b, List.of(), Ends.BOTH, Long.MAX_VALUE, Migration.RESUMED)) {
            migration.from.write(stream, 0, 100_000);
            migration.to.read(90_000);
            migration.relay.silent(true);
            migration.relay.cut();
            Awaitility.await()
                    .until(() -> !migration.sourceTunnel.isConnected() && !migration.destinationTunnel.isConnected());
            migration.from.qemu.close();
            migration.to.qemu.close();
            migration.awaitEnd();
            assertThat(migration.source.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(migration.destination.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(migration.destination.reason())
                    .contains("has closed its socket while there was no connection to peer a");
        }
    }
}
