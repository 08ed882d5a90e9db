package io.novacron.hde.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.Background;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.channel.ChannelProgress.Outcome;
import io.novacron.hde.channel.Migration.Ends;
import io.novacron.hde.codec.GuestStream;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.tunnel.TestPki;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever goes wrong, both QEMUs see a closed socket, nothing false was written, and what crossed stays known. */
@Timeout(60)
class ChannelFaultTest {
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

    private Migration migration(Ends ends) throws Exception {
        return new Migration(directory, a, b, List.of(), ends, Long.MAX_VALUE);
    }

    private static void assertFailed(ChannelProgress progress, String reason) {
        assertThat(progress.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(progress.reason()).contains(reason);
    }

    private void assertPrefix(byte[] received) {
        assertThat(received).isEqualTo(Arrays.copyOf(stream, received.length));
    }

    /** Writes until the agent does not want any more. */
    private CompletableFuture<Void> write(Migration migration) {
        return Background.run(() -> {
            try {
                migration.from.write(stream);
            } catch (IOException e) {
                // closed by the agent
            }
        });
    }

    /** The baseline that both hosts have of an interrupted migration. */
    private MemoryTable common() {
        for (MemoryTable there : b.interrupted()) {
            for (MemoryTable here : a.interrupted()) {
                if (here.root().equals(there.root())) {
                    return here;
                }
            }
        }
        throw new AssertionError("no table is common to " + a.interrupted() + " and " + b.interrupted());
    }

    private void assertNextAttemptUsesIt() throws Exception {
        MemoryTable common = common();
        assertThat(common.presentPages()).isPositive();
        try (Migration next = new Migration(directory, a, b, List.of(common))) {
            assertThat(next.migrate(stream)).isEqualTo(stream);
            assertThat(next.source.outcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(next.source.naks()).isZero();
            // of five pages four have content
            assertThat(next.source.pagesByTier().get(Tier.KEPT))
                    .isBetween(common.presentPages() * 4 / 5 - 2, common.presentPages() * 4 / 5 + 2);
        }
    }

    // ---- streams and links that end too early -----------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16})
    void aStreamThatEndsAnywhereArrivesThatFarAndStaysKnown(long seed) throws Exception {
        int length = 1 + new Random(seed).nextInt(stream.length - 50_000);
        try (Migration migration = migration(Ends.BOTH)) {
            CompletableFuture<Void> writing = Background.run(() -> {
                migration.from.write(stream, 0, length);
                migration.from.qemu.close();
            });
            byte[] received = migration.to.readToTheEnd();
            assertThat(received).hasSize(length);
            assertPrefix(received);
            migration.to.qemu.close();
            writing.join();
            migration.awaitEnd();
            assertFailed(migration.source, "QEMU ended the stream before the end of the guest's memory");
            assertThat(migration.destination.outcome()).isEqualTo(Outcome.FAILED);
        }
        assertThat(a.completed()).isEmpty();
        assertThat(b.completed()).isEmpty();
        if (length > 20_000) {
            assertNextAttemptUsesIt();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24, 25, 26})
    void aLinkThatBreaksAnywhereClosesBothAndStaysKnown(long seed) throws Exception {
        // the whole takes some 1,400 KiB on the wire
        long cut = 5_000L + new Random(seed).nextInt(900_000);
        try (Migration migration = new Migration(directory, a, b, List.of(), Ends.BOTH, cut)) {
            CompletableFuture<Void> writing = write(migration);
            assertPrefix(migration.to.readToTheEnd());
            assertThat(migration.from.readToTheEnd()).isEmpty();
            writing.join();
            migration.awaitEnd();
            assertThat(migration.source.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(migration.destination.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(migration.source.reason()).isNotBlank();
            assertThat(migration.destination.reason()).isNotBlank();
        }
        if (cut > 300_000) {
            assertNextAttemptUsesIt();
        }
    }

    @Test
    void aDestinationQemuThatClosesInMidStream() throws Exception {
        try (Migration migration = migration(Ends.BOTH)) {
            CompletableFuture<Void> writing = write(migration);
            assertPrefix(migration.to.read(1_000_000));
            migration.to.qemu.close();
            assertThat(migration.from.readToTheEnd()).isEmpty();
            writing.join();
            migration.awaitEnd();
            assertThat(migration.source.outcome()).isEqualTo(Outcome.FAILED);
            assertFailed(migration.destination, "the destination QEMU closed its socket");
        }
        assertNextAttemptUsesIt();
    }

    @Test
    void aSourceThatIsToldToGiveUp() throws Exception {
        try (Migration migration = migration(Ends.BOTH)) {
            CompletableFuture<Void> writing = write(migration);
            assertPrefix(migration.to.read(1_000_000));
            migration.abortSource("the agent is stopping");
            assertPrefix(concatenate(Arrays.copyOf(stream, 1_000_000), migration.to.readToTheEnd()));
            assertThat(migration.from.readToTheEnd()).isEmpty();
            writing.join();
            migration.awaitEnd();
            assertFailed(migration.source, "the agent is stopping");
            assertThat(migration.destination.outcome()).isEqualTo(Outcome.FAILED);
        }
        assertNextAttemptUsesIt();
    }

    @Test
    void aDestinationThatIsToldToGiveUpWhileItsQemuDoesNotRead() throws Exception {
        try (Migration migration = migration(Ends.BOTH)) {
            CompletableFuture<Void> writing = write(migration);
            migration.to.read(1);
            migration.abortDestination("the agent is stopping");
            assertThat(migration.from.readToTheEnd()).isEmpty();
            writing.join();
            migration.awaitEnd();
            assertThat(migration.source.outcome()).isEqualTo(Outcome.FAILED);
            assertFailed(migration.destination, "the agent is stopping");
        }
    }

    private static byte[] concatenate(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    // ---- a destination that does not keep to the protocol -----------------------------------------------------------

    /** What a source must not be told. */
    static List<List<Message>> wrongForASource() {
        ByteBuffer body = ByteBuffer.wrap(new byte[] {1, 2, 3});
        return List.of(
                List.of(new Message.Batch(1, body)),
                List.of(new Message.Resend(1, body)),
                List.of(new Message.End(0, 0, null, null)),
                List.of(new Message.Commit("00", 1)),
                List.of(new Message.Begin(List.of(), List.of(), List.of())),
                List.of(new Message.Refuse("too late")),
                List.of(new Message.Dictionary(body)),
                List.of(new Message.Welcome(
                        1, "x", "b", 1, List.of(), List.of(), List.of(), List.of(), null, List.of())),
                List.of(new Message.Ping(1)),
                List.of(new Message.Ack(100, 0)),
                List.of(new Message.Ack(Long.MAX_VALUE, 0)),
                List.of(new Message.Nak(100, "never sent")),
                List.of(new Message.Nak(0, "never sent")),
                List.of(new Message.Ack(1, 0), new Message.Nak(1, "arrived already")),
                List.of(new Message.Nak(1, "once"), new Message.Nak(1, "twice")),
                List.of(new Message.Committed("00", true)));
    }

    @ParameterizedTest
    @MethodSource("wrongForASource")
    void aSourceGivesUpOnAPeerThatBreaksTheProtocol(List<Message> messages) throws Exception {
        try (Migration migration = migration(Ends.SOURCE)) {
            migration.from.write(stream, 0, 10_000);
            Message message;
            do {
                message = migration.destinationTunnel.receive();
                assertThat(message).isNotNull();
            } while (!(message instanceof Message.Batch));
            for (Message wrong : messages) {
                migration.destinationTunnel.send(wrong);
            }
            assertThat(migration.from.readToTheEnd()).isEmpty();
            migration.awaitEnd();
            assertFailed(migration.source, "peer b");
            assertThat(migration.source.reason()).doesNotContain("silent");
        }
    }

    @Test
    void aSourceIsNotTroubledByWhatIsAllowed() throws Exception {
        try (Migration migration = migration(Ends.SOURCE)) {
            migration.from.write(stream, 0, 10_000);
            migration.destinationTunnel.send(new Message.Pong(Long.MIN_VALUE));
            migration.destinationTunnel.send(new Message.Pong(System.nanoTime() + (1L << 50)));
            migration.destinationTunnel.send(new Message.Ack(0, 0));
            migration.destinationTunnel.send(new Message.Return(ByteBuffer.allocate(0)));
            migration.destinationTunnel.send(new Message.Return(ByteBuffer.wrap(new byte[] {1, 2, 3})));
            assertThat(migration.from.read(3)).containsExactly(1, 2, 3);
            migration.destinationTunnel.send(new Message.ReturnEnd());
            assertThat(migration.from.readToTheEnd()).isEmpty();
            migration.destinationTunnel.send(new Message.Return(ByteBuffer.wrap(new byte[] {4})));
            migration.from.qemu.close();
            Message message;
            do {
                message = migration.destinationTunnel.receive();
                assertThat(message).as(migration.source.reason()).isNotNull();
                if (message instanceof Message.Batch batch) {
                    migration.destinationTunnel.send(new Message.Ack(batch.sequence(), 0));
                }
            } while (!(message instanceof Message.End));
            assertThat(((Message.End) message).streamBytes()).isEqualTo(10_000);
            migration.awaitEnd();
            assertFailed(migration.source, "QEMU ended the stream before the end");
        }
    }

    // ---- a source that does not keep to the protocol ----------------------------------------------------------------

    /** What a destination must not be told. */
    static List<List<Message>> wrongForADestination() {
        ByteBuffer body = ByteBuffer.wrap(new byte[] {1, 2, 3});
        return List.of(
                List.of(new Message.Ack(1, 0)),
                List.of(new Message.Nak(1, "x")),
                List.of(new Message.Return(body)),
                List.of(new Message.ReturnEnd()),
                List.of(new Message.Committed("00", true)),
                List.of(new Message.Pong(1)),
                List.of(new Message.Hello(
                        1, 1, 0, "x", "a", "vm", "x", "x", 0, false, 1, List.of(), List.of(), List.of(), null, 0)),
                List.of(new Message.Data(body)),
                List.of(new Message.DataEnd()),
                List.of(new Message.Begin(List.of(), List.of(), List.of())),
                List.of(new Message.Dictionary(body)),
                List.of(new Message.Batch(0, body)),
                List.of(new Message.Batch(2, body)),
                List.of(new Message.Resend(1, body)),
                List.of(new Message.Batch(1, body), new Message.Resend(2, body)),
                // what is asked for again has to be right the second time
                List.of(new Message.Batch(1, body), new Message.Resend(1, body)),
                List.of(new Message.Batch(1, body), new Message.End(1, 3, null, null)),
                List.of(new Message.Commit("00", 1)),
                List.of(new Message.End(7, 3, null, null)),
                List.of(new Message.End(0, 0, "out of memory", null)),
                List.of(new Message.End(0, 0, null, "00")),
                List.of(new Message.End(0, 0, null, null), new Message.Batch(1, body)));
    }

    @ParameterizedTest
    @MethodSource("wrongForADestination")
    void aDestinationGivesUpOnAPeerThatBreaksTheProtocol(List<Message> messages) throws Exception {
        try (Migration migration = migration(Ends.DESTINATION)) {
            for (Message message : messages) {
                migration.sourceTunnel.send(message);
            }
            assertThat(migration.to.readToTheEnd()).isEmpty();
            migration.awaitEnd();
            assertThat(migration.destination.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(migration.destination.reason()).isNotBlank();
        }
        assertThat(b.completed()).isEmpty();
    }

    @Test
    void garbageInABatchIsAskedForAgainAndNothingOfItReachesQemu() throws Exception {
        try (Migration migration = migration(Ends.DESTINATION)) {
            byte[] garbage = new byte[5000];
            new Random(3).nextBytes(garbage);
            migration.sourceTunnel.send(new Message.Batch(1, ByteBuffer.wrap(garbage)));
            assertThat(migration.sourceTunnel.receive())
                    .isInstanceOfSatisfying(
                            Message.Nak.class, nak -> assertThat(nak.sequence()).isEqualTo(1));
            migration.sourceTunnel.send(new Message.Ping(77));
            assertThat(migration.sourceTunnel.receive()).isEqualTo(new Message.Pong(77));
            migration.sourceTunnel.close();
            assertThat(migration.to.readToTheEnd()).isEmpty();
            migration.awaitEnd();
            assertFailed(migration.destination, "peer a");
        }
    }

    @Test
    void aFloodOfBatchesIsNotHeldInMemory() throws Exception {
        try (Migration migration = migration(Ends.DESTINATION)) {
            ByteBuffer body = ByteBuffer.wrap(new byte[] {1});
            CompletableFuture<Void> receiving = Background.run(() -> {
                while (migration.sourceTunnel.receive() != null) {
                    // the one Nak
                }
            });
            assertThatThrownBy(() -> {
                        for (int i = 1; i < 1000 * Protocol.MAX_BATCHES_IN_FLIGHT; i++) {
                            migration.sourceTunnel.send(new Message.Batch(i, body));
                        }
                    })
                    .isInstanceOf(IOException.class);
            // the end of the connection may overtake what the destination says of it
            receiving.handle((done, lost) -> null).join();
            migration.awaitEnd();
            assertFailed(migration.destination, "peer a");
        }
    }
}
